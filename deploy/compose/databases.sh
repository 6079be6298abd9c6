#!/bin/bash
# Runs once, in the empty Postgres: a database and a role per service; no role may enter another's database.
set -euo pipefail
for service in intake dispatch sla notify reporting; do
  password="${service^^}_DB_PASSWORD"
  psql -v ON_ERROR_STOP=1 -v role="gongdan_$service" -v password="${!password}" --username postgres <<'SQL'
create role :"role" login password :'password';
create database :"role" owner :"role";
revoke connect on database :"role" from public;
SQL
done
