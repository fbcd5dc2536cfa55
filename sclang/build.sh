#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# sclang/build.sh OUTDIR: compiles every definition of this folder to OUTDIR/NAME.scsyndef, without
# a screen or a sound card. The same sources always give the same bytes.
set -eu

outdir=${1:?usage: sclang/build.sh OUTDIR}
here=$(dirname "$0")
command -v sclang >/dev/null || {
    echo "sclang/build.sh: sclang is missing (Debian package supercollider-language)" >&2
    exit 1
}

# A home of its own: nobody's startup file or extensions take part.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -p "$outdir" "$home/run" "$home/out"
chmod 700 "$home/run"

set --
for source in "$here"/*.scd; do
    [ "$source" = "$here/compile.scd" ] || set -- "$@" "$(realpath "$source")"
done

# sclang does not end by itself after an error, hence the time limit.
if ! HOME=$home XDG_CONFIG_HOME=$home XDG_DATA_HOME=$home XDG_RUNTIME_DIR=$home/run \
    QT_QPA_PLATFORM=offscreen QTWEBENGINE_DISABLE_SANDBOX=1 \
    timeout -k 5 60 sclang -D "$(realpath "$here/compile.scd")" "$home/out" "$@" \
    </dev/null >"$home/log" 2>&1; then
    cat "$home/log" >&2
    echo "sclang/build.sh: nothing was written" >&2
    exit 1
fi

# Every SynthDef that a source names must have come out.
for name in $(sed -n 's/.*SynthDef(\\\([A-Za-z0-9_]*\).*/\1/p' "$@"); do
    [ -s "$home/out/$name.scsyndef" ] || {
        cat "$home/log" >&2
        echo "sclang/build.sh: $name did not come out" >&2
        exit 1
    }
done
cp "$home"/out/*.scsyndef "$outdir"/
