#!/usr/bin/env bash
# Brings a machine to where Spanwise builds: wasm target, Trunk, wasm-bindgen, npm packages, and a browser for tests.
#
#   tools/setup.sh [build|test]     build: all but the browser; test (the default): everything
#
# Safe to repeat, and a second when nothing is missing: each part looks first. It installs system packages only as
# root on Debian; anywhere else it says in one sentence what is missing. Nothing is written into the tree but the
# link node_modules.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. "$SPANWISE_ROOT/tools/versions.env"
cd "$SPANWISE_ROOT"

mode="${1:-test}"
log="$SPANWISE_CACHE/log"
mkdir -p "$log"

have() { command -v "$1" >/dev/null 2>&1; }
say() { echo "   set-up: $*"; }
die() {
  echo "   set-up: $*" >&2
  exit 1
}

# A long command whose output matters only when it fails.
quietly() {
  local name="$1" file="$log/$1.log" began=$SECONDS
  shift
  if "$@" </dev/null >"$file" 2>&1; then
    say "$name: done in $((SECONDS - began)) s"
  else
    tail -n 40 "$file" >&2
    die "$name failed after $((SECONDS - began)) s; the whole output is in $file."
  fi
}

limited() { # seconds, command
  local seconds="$1"
  shift
  if have timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

debian() { # a Debian where this script may install packages
  [ "$(id -u)" = 0 ] && have apt-get && grep -qx 'ID=debian' /etc/os-release 2>/dev/null
}

install_packages() {
  if [ -z "${apt_lists_fresh:-}" ]; then
    quietly apt-update apt-get update
    apt_lists_fresh=1
  fi
  say "installing packages: $*"
  quietly apt-install env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# One set-up at a time, however many trees and shells share the cache.
if have flock; then
  exec 9>"$SPANWISE_CACHE/setup.lock"
  flock -n 9 || {
    say "waiting for another set-up to finish"
    flock 9
  }
fi

# --- the target wasm32-unknown-unknown -------------------------------------------------------------------------------

# The only question that counts is whether a program compiles and links.
target_works() {
  echo 'pub fn f() { println!("{:?}", std::time::Duration::ZERO); }' |
    "$@" rustc --edition 2021 --crate-type cdylib --target wasm32-unknown-unknown \
      -o "$SPANWISE_CACHE/probe.wasm" - >/dev/null 2>&1
}

remember_target() { # toolchain, directory with cargo and rustc, both may be empty
  printf 'TOOLCHAIN=%s\nBIN=%s\nKEY=%s\n' "$1" "$2" "$key" >"$SPANWISE_CACHE/wasm.env"
}

# Debian's `rustc-web` is a newer Rust that lives beside any other; its standard library for the target is built here.
debian_target() {
  # Named before the compiler that needs it; the linker's version follows the LLVM that Rust was built with.
  install_packages rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web
  have /usr/bin/rust-lld && /usr/bin/rust-lld -flavor wasm --version >/dev/null 2>&1 ||
    install_packages "$(apt-cache depends rust-web-llvm | sed -n 's/.*Depends: llvm-/lld-/p' | head -n 1)"

  if ! target_works env PATH=/usr/bin:/bin; then
    say "building Rust's standard library for wasm32-unknown-unknown, about a minute"
    quietly std-for-wasm tools/build-std.sh "$SPANWISE_CACHE/std-build"
  fi
  target_works env PATH=/usr/bin:/bin || die "Debian's rustc still cannot compile for wasm32-unknown-unknown; see $log/std-for-wasm.log."

  if have rustup; then
    rustup toolchain link web /usr
    remember_target web ""
  else
    mkdir -p "$SPANWISE_CACHE/web/bin"
    for tool in cargo rustc rustdoc cargo-clippy clippy-driver cargo-fmt rustfmt; do
      ln -sf "/usr/bin/$tool" "$SPANWISE_CACHE/web/bin/$tool"
    done
    remember_target "" "$SPANWISE_CACHE/web/bin"
  fi
}

wasm_target() {
  key="$(rustc -V 2>/dev/null || true)"
  # What an earlier run found is believed while the compiler is the same, and proves itself again.
  if grep -qxF "KEY=$key" "$SPANWISE_CACHE/wasm.env" 2>/dev/null && target_works web; then
    return
  fi
  say "looking for the target wasm32-unknown-unknown"
  rm -f "$SPANWISE_CACHE/wasm.env"
  if have rustc && target_works env; then
    remember_target "" ""
    say "wasm32-unknown-unknown: the compiler has it"
    return
  fi
  # Where its server cannot be reached rustup waits without end, so it gets 30 seconds, and no second try for a day.
  local refused="$SPANWISE_CACHE/rustup-refused"
  if have rustup && [ -z "$(find "$refused" -mtime -1 2>/dev/null)" ]; then
    say "asking rustup for it, at most 30 s"
    if limited 30 rustup target add wasm32-unknown-unknown >"$log/rustup.log" 2>&1 && target_works env; then
      remember_target "" ""
      say "wasm32-unknown-unknown: added by rustup"
      return
    fi
    : >"$refused"
  fi
  if debian && apt_has rustc-web; then
    say "rustup cannot give it: taking Debian's way"
    debian_target
    key="$(rustc -V 2>/dev/null || true)" # there may have been no compiler before
    sed -i "s|^KEY=.*|KEY=$key|" "$SPANWISE_CACHE/wasm.env"
    say "wasm32-unknown-unknown: ready, with $(web rustc -V)"
    return
  fi
  die "Rust cannot compile for the web here: install it with \`rustup target add wasm32-unknown-unknown\`."
}

apt_has() {
  [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/ *Candidate: [^(]//p')" ] && return
  quietly apt-update apt-get update
  apt_lists_fresh=1
  [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/ *Candidate: [^(]//p')" ]
}

# --- commands from crates --------------------------------------------------------------------------------------------

cargo_tool() { # command, crate, version, options...
  local command="$1" crate="$2" version="$3"
  shift 3
  [ "$("$command" --version 2>/dev/null | awk '{print $2; exit}')" = "$version" ] && return
  have cc || { debian && install_packages gcc libc6-dev; } || die "A C compiler is needed to build $crate: install gcc or clang."
  say "installing $crate $version from its source, a few minutes"
  # Unoptimised, as compiling it would take longer than it ever runs; outside the tree, whose cargo settings are not its own.
  (cd "$SPANWISE_CACHE" && CARGO_TARGET_DIR="$SPANWISE_CACHE/tools-build" quietly "$command" \
    cargo install --debug --force --root "$SPANWISE_CACHE/tools" "$@" "$crate" --version "$version")
}

commands() {
  have cargo || die "Rust is missing: install it with rustup, https://rustup.rs."
  cargo_tool trunk trunk "$TRUNK_VERSION" --locked
  local bindgen="$WASM_BINDGEN_VERSION"
  if [ -f Cargo.lock ]; then
    bindgen="$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)"
  fi
  # Not --locked: the lock file that 0.2.130 ships names a version that was withdrawn.
  cargo_tool wasm-bindgen wasm-bindgen-cli "$bindgen"
  rm -rf "$SPANWISE_CACHE/tools-build"
}

lints() {
  cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return
  have rustup && limited 30 rustup component add rustfmt clippy >"$log/rustup.log" 2>&1 && return
  die "rustfmt or clippy is missing: install them with \`rustup component add rustfmt clippy\`."
}

crates() {
  [ -f Cargo.lock ] || return 0
  local stamp
  stamp="$SPANWISE_CACHE/stamps/crates-$(cksum <Cargo.lock | tr ' ' '-')"
  [ -f "$stamp" ] && return
  quietly crates cargo fetch --locked # Trunk builds offline
  mkdir -p "$SPANWISE_CACHE/stamps"
  : >"$stamp"
}

# --- npm packages ----------------------------------------------------------------------------------------------------

packages() {
  have node && have npm || die "Node.js 20 or newer with npm is missing: install it from https://nodejs.org or your system's packages."
  [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || die "Node.js is $(node --version): version 20 or newer is needed."
  local home
  home="$SPANWISE_CACHE/npm/$(cat package.json package-lock.json | cksum | tr ' ' '-')"
  if [ ! -f "$home/.complete" ]; then
    rm -rf "$home"
    mkdir -p "$home"
    cp package.json package-lock.json "$home/"
    quietly npm-ci npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error
    : >"$home/.complete"
  fi
  if [ "$(readlink node_modules 2>/dev/null)" != "$home/node_modules" ]; then
    rm -rf node_modules
    ln -s "$home/node_modules" node_modules
  fi
}

# --- the browser -----------------------------------------------------------------------------------------------------

browser() {
  local missing=""
  node tools/chromium.mjs >/dev/null 2>&1 || missing="chromium"
  have chromedriver || [ -n "${CHROMEDRIVER:-}" ] || missing="$missing chromium-driver"
  if debian; then
    dpkg -s fonts-dejavu-core >/dev/null 2>&1 || missing="$missing fonts-dejavu-core"
    # shellcheck disable=SC2086 # a list of names
    [ -z "$missing" ] || install_packages $missing
  elif [ -n "$missing" ]; then
    die "The browser tests need Chromium or Chrome with its chromedriver: install both, or name them in CHROMIUM and CHROMEDRIVER."
  fi
}

wasm_target
commands
crates
packages
if [ "$mode" = test ]; then
  lints
  browser
fi
