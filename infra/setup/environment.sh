#!/bin/sh
# Makes the virtual environment: sh infra/setup/environment.sh EXTRAS (such as local,docs).
# Needs Python 3.11-3.13 and nothing else: no compiler, no uv. VENV, PYTHON and TORCH_INDEX may be set.
set -eu
cd "$(dirname "$0")/../.."
extras=$1
venv=${VENV:-.venv}
torch=$(sed -n 's/^ *"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml)

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        if command -v "$name" >/dev/null 2>&1 && fits "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "LoreChat needs Python 3.11, 3.12 or 3.13; found $(python3 --version 2>&1 || true)." >&2
    echo "Install one (Debian: apt install python3 python3-venv; macOS: brew install python@3.13)," >&2
    echo "or name it: make run PYTHON=/path/to/python3.12" >&2
    exit 1
}

if [ -x "$venv/bin/python" ] && ! fits "$venv/bin/python"; then
    echo "$venv holds another Python than 3.11-3.13. Delete it and run again: rm -r $venv" >&2
    exit 1
fi
if [ ! -x "$venv/bin/pip" ]; then
    python=$(find_python)
    echo "Setting up $venv with $("$python" --version) (once; a few minutes)"
    if ! "$python" -m venv "$venv"; then
        rm -rf "$venv"
        echo "$python cannot make virtual environments. Debian: apt install python3-venv" >&2
        exit 1
    fi
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv ||
    echo "uv cannot be installed; going on with pip, which takes longer" >&2

# torch first: on Linux the plain package brings gigabytes of CUDA, and what is installed here is kept below.
have_torch() {
    "$venv/bin/python" -c \
        'import importlib.metadata, sys; sys.exit(importlib.metadata.version("torch").split("+")[0] != sys.argv[1])' \
        "${torch#*==}" 2>/dev/null
}
if ! have_torch; then
    echo "Installing $torch"
    # uv knows where PyTorch keeps its CPU builds; where that place is out of reach, pip takes what it finds:
    # a wheel at hand, an index of your own (TORCH_INDEX), or the large package.
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --torch-backend=cpu "$torch" 2>/dev/null ||
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$torch" \
            ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"}
fi

echo "Installing LoreChat with $extras"
if [ -x "$venv/bin/uv" ] && "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" -e ".[$extras]"; then
    exit 0
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e ".[$extras]"
