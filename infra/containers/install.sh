#!/bin/sh
# Installs what a list with hashes names into an environment: sh install.sh LIST PYTHON. Runs in a build only.
# uv does it in seconds; where it does not reach a registry, pip may, which knows /etc/pip.conf.
set -eu
list=$1 python=$2
export UV_NATIVE_TLS=1 # the certificates that the system knows, as pip
uv pip install --quiet --python "$python" --no-deps --require-hashes --link-mode=copy -r "$list" 2>/dev/null ||
    pip --python "$python" install --quiet --no-deps --no-compile --require-hashes --prefer-binary -r "$list"
