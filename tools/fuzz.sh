#!/usr/bin/env bash
# Fuzzes each target for some seconds, from the fixtures on. Findings lie in fuzz/artifacts; each becomes a fixture
# (tests/fixtures/README.md), which `cargo test` reads like all others.
#
#   tools/fuzz.sh SECONDS [TARGET...]
#
# It needs a C++ compiler (libFuzzer is C++) and the stable toolchain: the coverage that guides it is LLVM's, asked for below as
# cargo-fuzz asks for it. There is no unsafe code here, so no sanitizer either; with a nightly toolchain and cargo-fuzz,
# `cargo +nightly fuzz run TARGET` runs the same targets with one.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:-60}"
shift || true
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
  for file in fuzz/fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi

host="$(rustc -vV | sed -n 's/^host: //p')"
build="${CARGO_TARGET_DIR:-target}/fuzz"
coverage=(-Cpasses=sancov-module)
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  coverage+=("-Cllvm-args=-sanitizer-coverage-$option")
done
# With a target named, build scripts are left alone. The names of bins keep the builds of targets apart.
RUSTFLAGS="${coverage[*]} --cfg fuzzing -Ccodegen-units=1" cargo build --manifest-path fuzz/Cargo.toml --release --locked \
  --target "$host" --target-dir "$build" $(printf -- '--bin %s ' "${targets[@]}")

# Small fixtures, as they are and as what each target begins with: a large one costs many small ones their time. Of what is read
# from no file none is a beginning, and TraceQL begins with its queries.
seeds="$build/seeds"
mkdir -p "$seeds/files" "$seeds/traceql"
find tests/fixtures -type f -size -12k ! -name truth.json ! -name README.md ! -name traceql.yaml \
  -exec cp --parents -t "$seeds/files" {} +
sed -n "s/^ *- ['\"]\(.*\)['\"]\$/\1/p" tests/fixtures/traceql.yaml \
  | awk -v folder="$seeds/traceql" '{ file = folder "/" NR; printf "%s", $0 > file; close(file) }'

status=0
for target in "${targets[@]}"; do
  echo "== fuzz $target, $seconds s"
  mkdir -p "$build/corpus/$target" "fuzz/artifacts/$target"
  from=("$build/corpus/$target")
  length=16384
  case "$target" in
    wire | packed | route) ;;
    traceql) from+=("$seeds/traceql") length=2048 ;;
    *) from+=("$seeds/files") ;;
  esac
  "$build/$host/release/$target" "${from[@]}" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len="$length" \
    -print_final_stats=1 -verbosity=1 -artifact_prefix="fuzz/artifacts/$target/" 2>&1 | tail -n 30 || status=1
done
exit $status
