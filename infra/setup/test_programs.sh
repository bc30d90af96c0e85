#!/bin/sh
# Makes sure that the programs are there that the tests drive: a Chromium, nginx, PostgreSQL, curl and podman.
# On Debian and Ubuntu they are installed when this runs as root or sudo asks for nothing; elsewhere a person is told.
set -eu

sh "$(dirname "$0")/stand_in.sh" # of AWS: that comes from package registries, with no rights asked for
PATH=$PATH:/usr/sbin:/usr/local/sbin
for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin; do
    PATH=$PATH:$folder # where Debian, Red Hat and Homebrew put it
done
missing=
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
command -v nginx >/dev/null 2>&1 || missing="$missing nginx"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
# Container images are built and run as root by podman; its base image is made of Debian's packages.
for program in podman runc debootstrap catatonit; do
    command -v $program >/dev/null 2>&1 || missing="$missing $program"
done
# Their network, and the names in it, for compose.yaml.
command -v iptables >/dev/null 2>&1 || missing="$missing iptables"
for program in netavark aardvark-dns; do
    [ -x /usr/lib/podman/$program ] || [ -x /usr/libexec/podman/$program ] || missing="$missing $program"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root=none
fi
if command -v apt-get >/dev/null 2>&1 && [ "$as_root" != none ]; then
    echo "Installing what the tests need:$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of packages, and a prefix that may be empty
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "The tests need:$missing. Install that and run make test again." >&2
echo "Debian: sudo apt-get install$missing    macOS: brew install$missing" >&2
exit 1
