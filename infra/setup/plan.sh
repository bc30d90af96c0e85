#!/bin/sh
# Prints, as markdown, what a deployment of written templates would change: sh infra/setup/plan.sh build/cdk/STAGE.
# Needs `make synth STAGE=...` first. It reads templates of CloudFormation and nothing else, so that a role without any
# right on data can run it.
set -eu
project=$(cd "$(dirname "$0")/../.." && pwd)
templates=$1

echo "## $(basename "$templates")"
echo
echo '```text'
status=0
PATH=$project/.venv/bin:$PATH "$project/.venv/cdk/node_modules/.bin/cdk" --app "$templates" \
    diff --method template --no-color 2>&1 || status=$?
echo '```'
exit "$status"
