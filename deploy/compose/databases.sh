#!/bin/bash
# Runs once, in the empty Postgres: a database and a role per service; no role may enter another's database. With a <SERVICE>_MIGRATION_DB_PASSWORD
# the database belongs to a second role, gongdan_<service>_owner, which runs the migrations; the service then owns nothing (docs/adr/0028).
set -euo pipefail
for service in intake dispatch sla notify reporting; do
  password="${service^^}_DB_PASSWORD"
  owner_password="${service^^}_MIGRATION_DB_PASSWORD"
  owner="gongdan_$service${!owner_password:+_owner}"
  psql -v ON_ERROR_STOP=1 -v role="gongdan_$service" -v password="${!password}" -v owner="$owner" -v owner_password="${!owner_password:-}" --username postgres <<'SQL'
create role :"role" login password :'password';
select :'owner' <> :'role' as apart \gset
\if :apart
create role :"owner" login password :'owner_password';
\endif
create database :"role" owner :"owner";
revoke connect on database :"role" from public;
grant connect on database :"role" to :"role";
SQL
done
