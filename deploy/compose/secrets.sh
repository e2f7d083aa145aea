#!/bin/sh
# Makes the secrets of compose.yaml, once: a password for each account, and the addresses that hold them.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets && chmod 700 secrets
write() { [ -e "secrets/$1" ] || { printf %s "$2" > "secrets/$1"; chmod 444 "secrets/$1"; }; }
word() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
write clickhouse_analyst "$(word)"
for role in migrator collector evaluator reconciler api; do
  write "clickhouse_$role" "$(word)"
  write "clickhouse_${role}_url" "http://noshow_${role}_user:$(cat "secrets/clickhouse_$role")@clickhouse:8123"
done
write clickhouse_administrator "$(word)"
write postgres_password "$(word)"
write database_url "postgresql+psycopg://noshow:$(cat secrets/postgres_password)@postgres/noshow"
