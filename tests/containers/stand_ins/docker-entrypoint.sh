#!/bin/sh
# What the official image of PostgreSQL does at its first start, in short: user, database, scripts, then the server.
set -eu
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups -- "$@"; }
chown postgres "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf '%s' "$POSTGRES_PASSWORD" >/tmp/password
    chmod 644 /tmp/password
    as_postgres initdb -D "$PGDATA" -U "$POSTGRES_USER" -E UTF8 -A scram-sha-256 --pwfile /tmp/password --no-sync >/dev/null
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    export PGPASSWORD="$POSTGRES_PASSWORD"
    as_postgres pg_ctl -D "$PGDATA" -w -s -o "-c listen_addresses='' -c unix_socket_directories=/tmp" start
    as_postgres psql -q -h /tmp -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE \"$POSTGRES_DB\""
    for script in /docker-entrypoint-initdb.d/*.sql; do
        as_postgres psql -q -v ON_ERROR_STOP=1 -h /tmp -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f - <"$script"
    done
    as_postgres pg_ctl -D "$PGDATA" -w -s -m fast stop
fi
exec setpriv --reuid postgres --regid postgres --clear-groups -- "$@" -c listen_addresses='*' -c unix_socket_directories=/tmp
