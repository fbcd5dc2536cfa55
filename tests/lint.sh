#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Everything about the sources that a program can judge. Says all that is wrong, then fails.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

failed=0
complain() {
    echo "lint: $1" >&2
    failed=1
}
# Tracked files by pattern, without those that are deleted in the work tree.
tracked() {
    git ls-files -z -- "$@" | while IFS= read -r -d '' file; do
        [ -f "$file" ] && printf '%s\n' "$file"
    done
}

mapfile -t c_files < <(tracked '*.c' '*.h')
if [ ${#c_files[@]} -gt 0 ]; then
    clang-format --dry-run -Werror "${c_files[@]}" || complain "make format would change C files"
fi

tests/arrows.sh . || complain "an include runs against the arrows of the house"
tests/arrows.sh --self-test || complain "arrows.sh misses what it should find"

grep -rnE "client/[a-z-]+\.js'" web/panel | grep -v "client/farfield\.js'" &&
    complain "the panel takes from the client library what is not its entry"

while IFS= read -r file; do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
        complain "$file does not begin with its SPDX line"
done < <(tracked '*.c' '*.h' '*.js' '*.mjs' '*.css' '*.html' '*.svg' '*.sh' '*.scd' '*.sc' '*.py' \
    '*.yaml' '*.yml' '*.conf' '*.md' '*Dockerfile*' Makefile .ci/run .clang-format)

while IFS= read -r file; do
    node --check --input-type=module - <"$file" || complain "$file is no JavaScript"
done < <(tracked '*.js' '*.mjs')

if command -v shellcheck >/dev/null; then
    mapfile -t shell_files < <(tracked '*.sh' .ci/run)
    shellcheck --severity=warning "${shell_files[@]}" || complain "shellcheck has something to say"
fi

# Where something was made, or fetched from, is nobody's business.
machine='(^|[^A-Za-z0-9_.$}])/(home|root|work|Users|tmp)/[A-Za-z0-9]'
registry='registry\.[a-z0-9.-]+\.[a-z]+|"resolved":'
while IFS= read -r file; do
    case $file in tests/lint.sh) continue ;; esac
    grep -InE "$machine" "$file" && complain "$file names a path of one machine"
    grep -InE "$registry" "$file" && complain "$file names a package registry"
done < <(tracked)

while IFS= read -r file; do
    sidecar=${file%.scsyndef}.json
    [ -f "$sidecar" ] || complain "$file has no sidecar $sidecar"
done < <(tracked 'synthdefs/*.scsyndef')
while IFS= read -r file; do
    node -e 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))' "$file" ||
        complain "$file is no JSON"
done < <(tracked '*.json')

exit "$failed"
