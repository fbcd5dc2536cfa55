#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# harvest.sh OUTDIR: every definition in the installed help files of UGens, compiled.
set -eu

outdir=${1:?usage: harvest.sh OUTDIR}
here=$(realpath "$(dirname "$0")")
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -p "$outdir" "$home/run" "$home/SuperCollider/Extensions"
chmod 700 "$home/run"
cp "$here/Collect.sc" "$home/SuperCollider/Extensions/"

# Some examples take sclang down with them at its end; what counts is what has been written.
HOME=$home XDG_CONFIG_HOME=$home XDG_DATA_HOME=$home XDG_RUNTIME_DIR=$home/run \
    QT_QPA_PLATFORM=offscreen QTWEBENGINE_DISABLE_SANDBOX=1 \
    timeout -k 5 180 sclang -D "$here/harvest.scd" "$(realpath "$outdir")" \
    /usr/share/SuperCollider/HelpSource/Classes \
    /usr/share/SuperCollider/Extensions/SC3plugins/*/HelpSource \
    </dev/null >"$home/log" 2>&1 || true
ls "$outdir"/*.scsyndef >/dev/null
