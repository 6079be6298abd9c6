#!/bin/sh
# Prints an .env for docker-compose.yml with new secrets; values that only you know are left empty. Needs openssl.
#   sh deploy/compose/make-env.sh > .env
set -eu
# Hexadecimal, because the passwords are parts of URLs.
secret() { openssl rand -hex 24; }
echo "POSTGRES_PASSWORD=$(secret)"
for service in intake dispatch sla notify reporting; do
  name=$(echo "$service" | tr '[:lower:]' '[:upper:]')
  password=$(secret)
  echo "${name}_DB_PASSWORD=$password"
  owner=$(secret)
  echo "${name}_MIGRATION_DB_PASSWORD=$owner"
  echo "${name}_KAFKA_PASSWORD=$(secret)"
  echo "${name}_DB_URL=postgres://gongdan_$service:$password@postgres:5432/gongdan_$service"
  # Owns the tables and is used only to migrate them. The running service is better off without it: keep it elsewhere once a version has been
  # started, and put it back for the first start of the next version, which fails without it when it brings a migration.
  echo "${name}_MIGRATION_DB_URL=postgres://gongdan_${service}_owner:$owner@postgres:5432/gongdan_$service"
done
# A key pair per service (Ed25519): it signs its events, and all services hold the public halves. To rotate, put the new public half beside the old
# one in EVENT_VERIFY_KEYS everywhere, then replace the private one; the old public half stays while its events are on the topics.
keys=
for service in intake dispatch sla notify reporting; do
  name=$(echo "$service" | tr '[:lower:]' '[:upper:]')
  private=$(openssl genpkey -algorithm ed25519 -outform DER | openssl base64 -A)
  public=$(echo "$private" | openssl base64 -d -A | openssl pkey -inform DER -pubout -outform DER | openssl base64 -A)
  echo "${name}_EVENT_SIGNING_KEY=1:$private"
  keys="$keys${keys:+,}$service/1:$public"
done
echo "EVENT_VERIFY_KEYS=$keys"
cat <<ENV
# Encrypts contacts. Keep it: without it they cannot be decrypted.
SEAL_KEY=$(openssl rand -base64 32)

# Which tokens are accepted: URL of the key set, and the required values of iss and aud.
AUTH_JWKS=
AUTH_ISSUER=
AUTH_AUDIENCE=gongdan
# The organisation (claim org) whose admins and operators may operate the bus of all organisations; when it is empty, no caller may.
OPERATOR_ORG=

# The mail server, smtp://user:password@host:587, and the sender.
SMTP_URL=
MAIL_FROM=

# The public URL of intake, https://…: receipts then link to the status of the ticket.
PUBLIC_URL=
ENV
