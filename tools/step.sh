#!/usr/bin/env bash
# One named step of a build: says its name, runs the command, says how it went and how long it took.
#
#   tools/step.sh [--web] NAME COMMAND...
#
# --web: with the toolchain that has wasm32-unknown-unknown.
set -uo pipefail
. "$(dirname "$0")/env.sh"
cd "$SPANWISE_ROOT" || exit 1

runner=env
if [ "$1" = --web ]; then
  runner=web
  shift
fi
name="$1"
shift

echo "== $name"
SECONDS=0
"$runner" "$@"
code=$?
if [ "$code" -eq 0 ]; then
  echo "== $name: done in $SECONDS s"
else
  echo "== $name: FAILED after $SECONDS s (exit $code): $*" >&2
fi
exit "$code"
