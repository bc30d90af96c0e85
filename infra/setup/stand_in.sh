#!/bin/sh
# Installs what takes AWS's place in tests: ministack, an emulator, in an environment of its own (it pins other versions
# of what LoreChat uses), and the cdk command. Fast when both are there.
set -eu
cd "$(dirname "$0")/../.."
venv=$PWD/.venv

# Hidden files of its own say which version is complete: an installation that was broken off starts again.
ministack=1.5.33
if [ ! -e "$venv/ministack/.is-$ministack" ]; then
    echo "Installing ministack $ministack"
    rm -rf "$venv/ministack"
    "$venv/bin/python" -m venv --without-pip "$venv/ministack"
    if ! { [ -x "$venv/bin/uv" ] &&
        "$venv/bin/uv" pip install --quiet --python "$venv/ministack/bin/python" "ministack==$ministack"; }; then
        "$venv/bin/python" -m pip --python "$venv/ministack/bin/python" install --quiet --disable-pip-version-check \
            "ministack==$ministack"
    fi
    touch "$venv/ministack/.is-$ministack"
fi

# What npm's newest version, 3, reads is not what aws-cdk-lib 2 writes.
cdk=2.1148.1
if [ ! -e "$venv/cdk/.is-$cdk" ]; then
    echo "Installing the cdk command $cdk"
    PATH=$venv/bin:$PATH npm install --silent --no-audit --no-fund --prefix "$venv/cdk" "aws-cdk@$cdk"
    touch "$venv/cdk/.is-$cdk"
fi
