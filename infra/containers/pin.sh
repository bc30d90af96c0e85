#!/bin/sh
# Writes down which version of every package, with its hashes, goes into each container image: sh infra/containers/pin.sh
# The *.in files beside this one name what an image needs; pyproject.toml says which versions are wanted.
set -eu
cd "$(dirname "$0")/../.."
here=infra/containers
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

pin() { # names, file of packages to leave out, output
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
        --constraint "$scratch/wanted.txt" --excludes "$2" --upgrade --output-file "$3" "$1"
}

.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --upgrade \
    --extra aws --extra local --output-file "$scratch/wanted.txt" pyproject.toml
# Asked for by tokenizers, to download models, which nothing here does.
echo huggingface-hub >"$scratch/runtime.txt"
sed -n 's/^ *"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml >"$here/torch.txt"
# Torch comes from a place of its own: on Linux the plain package brings gigabytes of CUDA.
printf 'torch\nsentence-transformers\n' >"$scratch/export.txt"
for image in chat worker dagster; do
    pin "$here/$image.in" "$scratch/runtime.txt" "$here/$image.txt"
done
pin "$here/model.in" "$scratch/export.txt" "$here/model.txt"
