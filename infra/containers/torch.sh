#!/bin/sh
# Installs the torch of torch.txt: sh torch.sh PYTHON. Runs in a build only. Its CPU build where there is one, since the
# plain package of Linux brings gigabytes of CUDA: uv knows where PyTorch keeps those; pip takes what it finds.
set -eu
export UV_NATIVE_TLS=1 # the certificates that the system knows
uv pip install --quiet --python "$1" --no-deps --link-mode=copy --torch-backend=cpu -r torch.txt 2>/dev/null ||
    pip --python "$1" install --quiet --no-deps --no-compile -r torch.txt
