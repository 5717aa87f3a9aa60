#!/usr/bin/env bash
# Builds Rust's standard library for wasm32-unknown-unknown from the sources that Debian packages, and puts it where
# Debian's rustc looks. Set-up calls it where nothing ready-made can be had.
#
#   tools/build-std.sh WORK_DIRECTORY
set -euo pipefail
export PATH=/usr/bin:/bin
unset RUSTUP_TOOLCHAIN RUSTC RUSTC_WRAPPER

work="$1"
lib="$(rustc --print target-libdir --target wasm32-unknown-unknown)"
rm -rf "$work"
mkdir -p "$work" "$lib"
cp -rL "$(rustc --print sysroot)/lib/rustlib/src/rust/library" "$work/library"
cd "$work/library"

# The flags are those of Rust's own build, without which its crates do not compile; panic messages get no local path.
export RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=stablestd CARGO_TARGET_DIR="$work/target"
export RUSTFLAGS="-Cembed-bitcode=yes -Zforce-unstable-if-unmarked --remap-path-prefix=$work=/rustc"
cargo build --release --target wasm32-unknown-unknown --manifest-path sysroot/Cargo.toml \
  --no-default-features --features panic-unwind,compiler-builtins-mem

rm -f "$lib"/*.rlib
cp "$work"/target/wasm32-unknown-unknown/release/deps/*.rlib "$lib/"
rm -rf "$work"
