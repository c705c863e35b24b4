#!/usr/bin/env bash
# Measures everything with one thread and with two, and puts the tables into docs/performance.md. Takes 80 to 90
# minutes on two processors; the machine must do nothing else.
# usage: [PYTHON=build/rivals_env/bin/python] [THREADS="1 2"] bench/rivals/refresh_page.sh [BUILD [MODELS [OUT]]]
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
build="${1:-$root/build/release/bench}"
models="${2:-$root/build/bench_models}"
out="${3:-$root/build/rivals}"
python="${PYTHON:-python3}"
mkdir -p "$out"

# The last file that make_models.py writes.
[[ -e "$models/mobilenet_quarter.keras" ]] || "$python" "$here/make_models.py" "$models"
for threads in ${THREADS:-1 2}; do
  "$python" "$here/run.py" forward training conv --threads "$threads" --build "$build" --out "$out/forward_$threads"
  "$python" "$here/run.py" models start steps epoch --threads "$threads" --build "$build" --models "$models" \
    --out "$out/models_$threads"
  # The page is whole after each number of threads, should the rest be cut short.
  "$python" "$here/tables.py" "$root/docs/performance.md" "$out"/{forward,models}_*.json
done
