#!/bin/sh
# Makes the roles and a user for each of them, whose password is that of the secret of its name; ClickHouse keeps a hash.
# The image of ClickHouse runs it when its volume is still empty (/docker-entrypoint-initdb.d); it may be run again.
set -eu
here=${NOSHOW_SQL:-/noshow}
secrets=${SECRETS:-/run/secrets}
{
  cat "$here/roles.sql"
  for role in migrator collector evaluator reconciler api analyst; do
    hash=$(tr -d '\n' < "$secrets/clickhouse_$role" | sha256sum | cut -d ' ' -f 1)
    echo "CREATE USER IF NOT EXISTS noshow_${role}_user IDENTIFIED WITH sha256_hash BY '$hash';"
    echo "GRANT noshow_$role TO noshow_${role}_user;"
  done
} | ${CLICKHOUSE_CLIENT:-clickhouse-client --multiquery}
