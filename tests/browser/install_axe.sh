#!/usr/bin/env bash
# Installs the accessibility checker of package-lock.json into a folder. Nothing happens when it is there.
#
# usage: tests/browser/install_axe.sh FOLDER
set -euo pipefail
folder=${1:?install_axe.sh: where to}
here=$(dirname "${BASH_SOURCE[0]}")
cmp -s "$here/package-lock.json" "$folder/package-lock.json" && [[ -s $folder/node_modules/axe-core/axe.min.js ]] && exit 0
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$folder/"
rm -rf "$folder/node_modules"
exec npm ci --prefix "$folder" --no-audit --no-fund --ignore-scripts
