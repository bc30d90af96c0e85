#!/bin/sh
# Installs what takes AWS's place in tests: ministack, an emulator, in an environment of its own (it pins other versions
# of what LoreChat uses), and the commands cdk and aws. Fast when all are there.
set -eu
cd "$(dirname "$0")/../.."
venv=$PWD/.venv

# Hidden files of its own say which version is complete: an installation that was broken off starts again.
ministack=1.5.33
if [ ! -e "$venv/ministack/.is-$ministack-boto3" ]; then
    echo "Installing ministack $ministack"
    rm -rf "$venv/ministack"
    "$venv/bin/python" -m venv --without-pip "$venv/ministack"
    # boto3, because AWS's own Python runtimes hold it, and functions there run in this one.
    set -- --quiet --python "$venv/ministack/bin/python"
    if ! { [ -x "$venv/bin/uv" ] && "$venv/bin/uv" pip install "$@" "ministack==$ministack" boto3; }; then
        "$venv/bin/python" -m pip --disable-pip-version-check "$@" install "ministack==$ministack" boto3
    fi
    touch "$venv/ministack/.is-$ministack-boto3"
fi

# Docker's client, with which it starts ECS tasks as containers: beside it, so that only the account of a test that names
# the folder has it. Everywhere else tasks are written down only, also on a machine where Docker runs.
docker=7.2.0
if [ ! -e "$venv/ministack/docker/.is-$docker" ]; then
    echo "Installing Docker's client $docker"
    rm -rf "$venv/ministack/docker"
    set -- --quiet --python "$venv/ministack/bin/python"
    if ! { [ -x "$venv/bin/uv" ] && "$venv/bin/uv" pip install "$@" --target "$venv/ministack/docker" "docker==$docker"; }; then
        "$venv/bin/python" -m pip --disable-pip-version-check "$@" install --target "$venv/ministack/docker" "docker==$docker"
    fi
    touch "$venv/ministack/docker/.is-$docker"
fi

# What npm's newest version, 3, reads is not what aws-cdk-lib 2 writes.
cdk=2.1148.1
if [ ! -e "$venv/cdk/.is-$cdk" ]; then
    echo "Installing the cdk command $cdk"
    PATH=$venv/bin:$PATH npm install --silent --no-audit --no-fund --prefix "$venv/cdk" "aws-cdk@$cdk"
    touch "$venv/cdk/.is-$cdk"
fi

# The aws command, with which the runbook's own lines are run; it pins other versions, too.
awscli=1.46.3
if [ ! -e "$venv/aws/.is-$awscli" ]; then
    echo "Installing the aws command $awscli"
    rm -rf "$venv/aws"
    "$venv/bin/python" -m venv --without-pip "$venv/aws"
    set -- --quiet --python "$venv/aws/bin/python"
    if ! { [ -x "$venv/bin/uv" ] && "$venv/bin/uv" pip install "$@" "awscli==$awscli"; }; then
        "$venv/bin/python" -m pip --disable-pip-version-check "$@" install "awscli==$awscli"
    fi
    touch "$venv/aws/.is-$awscli"
fi
