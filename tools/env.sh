# Where Spanwise's tools and caches are. Source it: `. tools/env.sh`. Every script here does, and so may a shell.
#
# All that is built or fetched lives outside the tree, under SPANWISE_CACHE, so that several clones share it.
# `web COMMAND...` runs a command with the toolchain that has wasm32-unknown-unknown, as set-up found or made it.
#
# Kept to what bash 3.2 and zsh both understand.

SPANWISE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/.." && pwd)"
export SPANWISE_CACHE="${SPANWISE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/spanwise}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$SPANWISE_CACHE/target}"

case ":$PATH:" in
  *":$SPANWISE_ROOT/node_modules/.bin:"*) ;;
  *) export PATH="$SPANWISE_CACHE/tools/bin:$SPANWISE_ROOT/node_modules/.bin:$PATH" ;;
esac

web() {
  local toolchain="" bin="" flags
  # Set-up writes these two, and nothing else, into the file.
  if [ -f "$SPANWISE_CACHE/wasm.env" ]; then
    toolchain="$(sed -n 's/^TOOLCHAIN=//p' "$SPANWISE_CACHE/wasm.env")"
    bin="$(sed -n 's/^BIN=//p' "$SPANWISE_CACHE/wasm.env")"
  fi
  # Panic messages name source files: keep this machine's directories out of what is published. Cargo adds this
  # variable to the flags of .cargo/config.toml, where RUSTFLAGS would replace them.
  flags="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates"
  env ${toolchain:+"RUSTUP_TOOLCHAIN=$toolchain"} ${bin:+"PATH=$bin:$PATH"} \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$flags" \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
    WASM_BINDGEN_TEST_WEBDRIVER_JSON="$SPANWISE_ROOT/tools/webdriver.json" \
    "$@"
}
