#!/usr/bin/env bash
# Prepares this machine: system packages (apt, where missing), a virtual environment, pinned requirements,
# the glTF validator for the tests. Quick when nothing is to do: the stamp names the inputs' digest.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv
STAMP=$VENV/.setup-stamp
want=$(cat pyproject.toml constraints.txt tools/setup.sh tests/gltf_validator/package.json tests/tus_clients/package.json | sha256sum | cut -d' ' -f1)
if [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$want" ] && [ -x "$VENV/bin/farm" ] \
  && command -v redis-server ffmpeg node >/dev/null; then
  exit 0
fi

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }

# program or library -> Debian package
missing=()
need() { missing+=("$1"); }
command -v redis-server >/dev/null || need redis-server
command -v ffmpeg >/dev/null || need ffmpeg
command -v pdftoppm >/dev/null || need poppler-utils
command -v node >/dev/null || need nodejs
command -v npm >/dev/null || need npm
ldconfig -p 2>/dev/null | grep -q 'libEGL\.so\.1' || need libegl1
ldconfig -p 2>/dev/null | grep -q 'libGL\.so\.1' || need libgl1
compgen -G '/usr/lib/*/dri/swrast_dri.so' >/dev/null || need libgl1-mesa-dri
[ -f /usr/share/fonts/truetype/nanum/NanumGothic.ttf ] || need fonts-nanum
[ -f /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || need fonts-dejavu-core

python=
for candidate in python3.13 python3.12 python3.11 python3; do
  if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then need python3; fi
if [ -z "$python" ] || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then need python3-venv; fi

if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "setup: this system has no apt. Install these by your own package manager, then run make again:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
  fi
  sudo=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run as root or install sudo to add: ${missing[*]}" >&2; exit 1; }
    sudo=sudo
  fi
  say "installing ${missing[*]}"
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
  python=${python:-python3}
fi

if [ ! -x "$VENV/bin/python" ]; then
  say "making $VENV with $("$python" --version)"
  "$python" -m venv "$VENV"
fi
say "installing pinned requirements"
"$VENV/bin/python" -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]' >&2

say "installing the glTF validator"
for folder in tests/gltf_validator tests/tus_clients; do
  (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --silent >&2)
done

echo "$want" >"$STAMP"
say "ready"
