#!/bin/sh
# Waits until the chat of a deployment answers: sh infra/setup/answers.sh OUTPUTS, which `cdk deploy` has written.
# It asks whether the process serves, not whether it has an index: before the first crawl it has none.
set -eu
address=$(sed -n 's/.*"Address": "\(https\{0,1\}:[^"]*\)".*/\1/p' "$1")
if [ -z "$address" ]; then
    echo "$1 names no address: was the stage deployed?" >&2
    exit 1
fi
tries=${TRIES:-20}
while [ "$tries" -gt 0 ]; do
    if curl --silent --show-error --fail --max-time 20 --output /dev/null "$address/health/live"; then
        echo "$address answers."
        exit 0
    fi
    tries=$((tries - 1))
    [ "$tries" -eq 0 ] || sleep "${PAUSE:-15}" # CloudFront and new names take minutes to be known everywhere
done
echo "$address does not answer." >&2
exit 1
