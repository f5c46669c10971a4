#!/bin/sh
# What the benchmarks are measured against: three.js in Debian's Chromium, nginx, and glTF-Transform. Everything but Debian's packages
# lands in .peers/.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p .peers

packages=""
command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
[ -x /usr/sbin/nginx ] || packages="$packages nginx-light"
if [ -n "$packages" ]; then
    command -v apt-get >/dev/null 2>&1 || { echo "install$packages, then run this again (there is no apt here)" >&2; exit 1; }
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    $sudo apt-get update -q
    # shellcheck disable=SC2086 # one word a package
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
fi

if [ ! -f .peers/node_modules/three/build/three.module.js ]; then
    npm install --silent --no-audit --no-fund --no-package-lock --prefix .peers three@0.180
fi

if [ ! -x .peers/node_modules/.bin/gltf-transform ]; then
    npm install --silent --no-audit --no-fund --no-package-lock --prefix .peers @gltf-transform/cli@4
fi

echo "peers are installed"
