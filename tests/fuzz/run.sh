#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh FUZZERS SECONDS: runs each fuzzer of that folder for so long, two at a time. Starts from
# tests/fuzz/corpus/NAME where that is there, keeps what it finds beside the fuzzers.
set -uo pipefail

folder=$1
seconds=$2
sources=$(cd "$(dirname "$0")" && pwd)

fuzz() {
    local fuzzer=$1 name
    name=$(basename "$fuzzer")
    local corpus=$folder/../corpus/$name log=$folder/../$name.log
    local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
        -artifact_prefix="$folder/../$name-")
    local inputs=("$corpus")
    mkdir -p "$corpus"
    [ -d "$sources/corpus/$name" ] && inputs+=("$sources/corpus/$name")
    [ -f "$sources/$name.dict" ] && options+=(-dict="$sources/$name.dict")
    if "$fuzzer" "${options[@]}" "${inputs[@]}" >"$log" 2>&1; then
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, clean"
    else
        echo "$name: FAILED"
        tail -n 60 "$log"
        return 1
    fi
}

fuzzers=()
for file in "$folder"/fuzz_*; do
    [ -f "$file" ] && [ -x "$file" ] && fuzzers+=("$file")
done
if [ ${#fuzzers[@]} -eq 0 ]; then
    echo "no fuzzer in $folder" >&2
    exit 1
fi

failed=0
for ((i = 0; i < ${#fuzzers[@]}; i += 2)); do
    pids=()
    for fuzzer in "${fuzzers[@]:i:2}"; do
        fuzz "$fuzzer" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || failed=1
    done
done
exit "$failed"
