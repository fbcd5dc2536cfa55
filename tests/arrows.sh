#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# arrows.sh [FOLDER]: includes run one way, main -> app -> doors -> core -> common, doors never see
# each other, the pipeline shares nothing with the controller but common/, and a library is known
# where it is owned. `arrows.sh --self-test` plants wrong includes in a copy and wants them found.
set -uo pipefail

# An awk program: reads "FILE<TAB>INCLUDE" lines, INCLUDE with its quotes or brackets.
# shellcheck disable=SC2016
rules='
function wrong(why) { print file ": " include ": " why; bad = 1 }
# What a door calls itself: http of controller/doors/http_body.c.
function door(path) { sub(/.*\//, "", path); sub(/[_.].*/, "", path); return path }
# A library belongs to the files that the pattern matches.
function owned(header, pattern) {
    if (include ~ ("^<" header) && file !~ pattern) wrong("this library is owned by " pattern)
}
{
    file = $1
    include = $2
    project = include ~ /^"/
    path = substr(include, 2, length(include) - 2)
}
project && path !~ /^(controller|pipeline|common)\// { wrong("project includes name their folder") }
file ~ /^common\// && project && path !~ /^common\// { wrong("common knows only common") }
file ~ /^pipeline\// && path ~ /^controller\// { wrong("the pipeline never sees the controller") }
file ~ /^controller\// && path ~ /^pipeline\// { wrong("the controller never sees the pipeline") }
file ~ /^controller\/core\// && project && path !~ /^(controller\/core|common)\// {
    wrong("the core knows only itself and common")
}
file ~ /^controller\/core\// && !project && \
    path !~ /^(glib|jansson|assert|ctype|errno|float|inttypes|limits|math|stdarg|stdbool|stddef|stdint|stdio|stdlib|string)\.h$/ {
    wrong("the core is pure: no socket, clock or library beyond glib and jansson")
}
file ~ /^controller\/doors\// && project {
    if (path ~ /^controller\/doors\//) {
        if (door(path) != door(file)) wrong("doors never see each other")
    } else if (path !~ /^(controller\/core|common)\//)
        wrong("a door knows core, common and itself")
}
!project {
    owned("microhttpd[.]h", "^controller/doors/http[_.]")
    owned("libwebsockets[.]h", "^(controller/doors/websocket[.]c|pipeline/(link[.]c|doors/[a-z_]*[.][ch]))$")
    owned("lo/", "^controller/doors/scsynth[.]c$")
    owned("avahi-", "^controller/doors/mdns[.]c$")
    owned("sqlite3[.]h", "^controller/doors/store[.]c$")
    owned("sndfile[.]h", "^(controller/sound/|pipeline/recording/part[.]c$)")
    owned("jack/", "^pipeline/sound/(capture|client|sources)[.][ch]$")
    owned("ogg/", "^pipeline/doors/mux[.]c$")
    owned("opus/", "^pipeline/sound/encoder[.]c$")
    owned("samplerate[.]h", "^pipeline/sound/convert[.]c$")
    owned("nice/", "^pipeline/webrtc/(agent|shortcut)[.]c$")
    owned("nettle/", "^pipeline/webrtc/srtp[.][ch]$")
    owned("gst/", "^pipeline/")
}
END { exit bad }
'

includes() {
    (cd "$1" && find common controller pipeline -name '*.[ch]' -print0 2>/dev/null |
        xargs -0 -r grep -HE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' |
        sed -E 's/^([^:]*):[^<"]*([<"][^>"]*[>"]).*/\1\t\2/')
}

check() {
    includes "$1" | awk -F '\t' "$rules"
}

self_test() {
    local copy failed=0 file include
    copy=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$copy'" EXIT
    while read -r file include; do
        rm -rf "${copy:?}"/*
        mkdir -p "$copy"/{common,pipeline/{sound,webrtc},controller/core/commands,controller/doors}
        printf '#include <glib.h>\n#include "common/log.h"\n' >"$copy/controller/core/right.c"
        check "$copy" >/dev/null || { echo "arrows: refuses what is right" >&2 && failed=1; }
        printf '#include %s\n' "$include" >"$copy/$file"
        if check "$copy" >/dev/null; then
            echo "arrows: $include in $file went unnoticed" >&2
            failed=1
        fi
    done <<'WRONG'
common/log.c "controller/core/session.h"
common/log.c "pipeline/sound/hub.h"
common/log.c <microhttpd.h>
controller/core/session.c "controller/doors/http.h"
controller/core/session.c "controller/app.h"
controller/core/session.c <gio/gio.h>
controller/core/session.c <time.h>
controller/core/commands/node.c <lo/lo.h>
controller/core/session.c "session.h"
controller/doors/http.c "controller/doors/ws.h"
controller/doors/http.c "controller/app.h"
controller/doors/http.c <libwebsockets.h>
controller/doors/http.h <libwebsockets.h>
controller/doors/ws.c <microhttpd.h>
controller/app.c <lo/lo.h>
controller/doors/osc_in.c <avahi-client/client.h>
controller/app.c "pipeline/sound/hub.h"
pipeline/sound/hub.c "controller/core/session.h"
pipeline/sound/hub.c <libwebsockets.h>
pipeline/webrtc/listener.c <jack/jack.h>
controller/app.c <gst/gst.h>
WRONG
    return "$failed"
}

if [ "${1:-}" = --self-test ]; then
    self_test
else
    check "${1:-$(dirname "$0")/..}"
fi
