#!/usr/bin/env bash
# One named step of a build: says its name, runs the command, says how it went and how long it took.
#
#   tools/step.sh [--web] [--alone] NAME COMMAND...
#
# --web: with the toolchain that has wasm32-unknown-unknown.
# --alone: not while another tree does the same. Cargo gives the wasm files of all trees that share a target directory
#   the same names, so one tree's build could pick up another's.
set -uo pipefail
. "$(dirname "$0")/env.sh"
cd "$SPANWISE_ROOT" || exit 1

runner=env
alone=
while :; do
  case "$1" in
    --web) runner=web ;;
    --alone) alone=1 ;;
    *) break ;;
  esac
  shift
done
name="$1"
shift

echo "== $name"
SECONDS=0
if [ -n "$alone" ] && command -v flock >/dev/null; then
  mkdir -p "$CARGO_TARGET_DIR"
  exec 8>"$CARGO_TARGET_DIR/$name.lock"
  flock -n 8 || {
    echo "   $name: waiting for another tree's"
    flock 8
  }
fi
"$runner" "$@"
code=$?
if [ "$code" -eq 0 ]; then
  echo "== $name: done in $SECONDS s"
else
  echo "== $name: FAILED after $SECONDS s (exit $code): $*" >&2
fi
exit "$code"
