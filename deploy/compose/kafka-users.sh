#!/bin/bash
# Gives each service a user of Kafka (SCRAM-SHA-512) and the rights of the table below; no user has any other right. Runs in the network of the
# broker; every client that reaches its loopback listener is an administrator. Running it again changes nothing but passwords.
set -euo pipefail
broker=localhost:9094
bin=/opt/kafka/bin

# user, operation, resource, name; a name that ends in * is a prefix. deploy/local/src/servers/kafka-rights.spec.ts runs services with this table.
rights() {
  cat <<'TABLE'
every    Read            topic gongdan.*
every    DescribeConfigs topic gongdan.*
every    Create          topic gongdan.*
every    Write           topic gongdan.republish-requests
intake   Write           topic gongdan.tickets
intake   Write           topic gongdan.watermarks
dispatch Write           topic gongdan.tickets
dispatch Write           topic gongdan.watermarks
dispatch Write           topic gongdan.packs
dispatch Write           topic gongdan.directory
sla      Write           topic gongdan.tickets
notify   Write           topic gongdan.tickets
own      Read            group gongdan-
TABLE
}

allow() { # user operation resource name
  local pattern=literal name=$4
  case $name in *'*') pattern=prefixed name=${name%'*'} ;; esac
  "$bin/kafka-acls.sh" --bootstrap-server $broker --add --force --allow-principal "User:$1" --operation "$2" --resource-pattern-type $pattern "--$3" "$name" >/dev/null
}

for service in intake dispatch sla notify reporting; do
  password="${service^^}_KAFKA_PASSWORD"
  "$bin/kafka-configs.sh" --bootstrap-server $broker --alter --entity-type users --entity-name "$service" \
    --add-config "SCRAM-SHA-512=[password=${!password}]"
  while read -r user operation resource name; do
    case $user in
      every | "$service") allow "$service" "$operation" "$resource" "$name" ;;
      # Its consumer group and those whose names begin like it.
      own) allow "$service" "$operation" "$resource" "$name$service*" ;;
    esac
  done < <(rights)
done
