#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# packages.sh NO_INSTALL PACKAGE...: sees to it that Debian packages are there. Silent when they
# are; with NO_INSTALL=1 it lists what is missing and fails, otherwise it installs it.
set -euo pipefail

no_install=$1
shift

if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian: Farfield needs what Debian calls $*" >&2
    exit 0
fi

missing=()
for package in "$@"; do
    status=$(dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null || true)
    grep -qx installed <<<"$status" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ -n "$no_install" ] && [ "$no_install" != 0 ]; then
    echo "Missing Debian packages: ${missing[*]}"
    echo "Install them with: apt-get install --no-install-recommends ${missing[*]}"
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        echo "These Debian packages are missing, and only root or sudo can install them:" \
            "${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "Installing Debian packages: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}"
