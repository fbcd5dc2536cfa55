#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILD_DIR [OPTION...]: runs farfield-controller from there until it is told to stop. What
# the controller started outlives a crash of it, and is taken over by the next one: so a crash is
# answered with a new start. The exit status is the controller's own; 0 after SIGINT or SIGTERM.
set -u
# Job control gives the controller a process group of its own: Ctrl-C comes here alone, and the
# controller is told once.
set -m

controller=$1/farfield-controller
shift
stopping=
pid=
crashes=()

# shellcheck disable=SC2317 # called by the trap
stop() {
    stopping=yes
    [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null
}
trap stop INT TERM HUP

# A signal ends `wait` early; the child's own status is what the last one gives.
wait_for() {
    local status
    while
        wait "$1"
        status=$?
        kill -0 "$1" 2>/dev/null
    do :; done
    wait "$1" 2>/dev/null
    local again=$?
    [ "$again" -eq 127 ] || status=$again
    return "$status"
}

crashed_too_often() {
    local now=$SECONDS recent=() at
    for at in "${crashes[@]}" "$now"; do
        [ $((now - at)) -ge 60 ] || recent+=("$at")
    done
    crashes=("${recent[@]}")
    [ ${#crashes[@]} -gt 5 ]
}

while [ -z "$stopping" ]; do
    "$controller" "$@" &
    pid=$!
    # A stop that came before the pid was known has reached nobody.
    [ -z "$stopping" ] || kill -TERM "$pid" 2>/dev/null
    wait_for "$pid"
    status=$?
    case $status in
        130 | 143) exit 0 ;; # SIGINT, SIGTERM before it could catch them
    esac
    [ "$status" -le 128 ] && exit "$status"
    [ -z "$stopping" ] || exit "$status"
    if crashed_too_often; then
        echo "farfield-controller crashed ${#crashes[@]} times within a minute: given up." \
            "jackd, scsynth and pipeline may still run; the next start takes them over." >&2
        exit "$status"
    fi
    echo "farfield-controller was ended by SIG$(kill -l "$status"); starting it again." >&2
done
exit 0
