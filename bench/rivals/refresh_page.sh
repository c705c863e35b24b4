#!/usr/bin/env bash
# Measures everything with one thread and with two, and puts the tables into docs/performance.md. Takes 80 to 90
# minutes on two processors; the machine must do nothing else.
# usage: PYTHON=build/rivals_env/bin/python bench/rivals/refresh_page.sh [BUILD [MODELS]]
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
build="${1:-$root/build/release/bench}"
models="${2:-$root/build/bench_models}"
python="${PYTHON:-python3}"
out="$root/build/rivals"
mkdir -p "$out"

[[ -e "$models/mobilenet_quarter.keras" ]] || "$python" "$here/make_models.py" "$models"
for threads in 1 2; do
  for what in "forward training conv" "models start steps epoch"; do
    # shellcheck disable=SC2086 # several words
    "$python" "$here/run.py" $what --threads "$threads" --build "$build" --models "$models" \
      --out "$out/${what%% *}_$threads"
  done
done
"$python" "$here/tables.py" "$root/docs/performance.md" "$out"/{forward,models}_{1,2}.json
