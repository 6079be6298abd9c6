import { readFileSync } from 'node:fs';
import { type BaseConfig } from '@gongdan/platform';
import { type SASLOptions } from 'kafkajs';
import { type KafkaBusOptions } from './kafka-bus.js';

/** How the link to Kafka is secured: the settings KAFKA_TLS_* and KAFKA_SASL_*. Throws when a file cannot be read: the service must not start. */
export function kafkaSecurity(c: BaseConfig): Pick<KafkaBusOptions, 'tls' | 'sasl'> {
  const pem = (file: string | undefined, name: 'ca' | 'cert' | 'key') => (file === undefined ? {} : { [name]: readFileSync(file) });
  const { kafkaSaslUsername: username, kafkaSaslPassword: password, kafkaSaslMechanism: mechanism } = c;
  return {
    // rejectUnauthorized keeps its default: a broker whose certificate no trusted authority signed is refused.
    ...(c.kafkaTls ? { tls: { ...pem(c.kafkaTlsCa, 'ca'), ...pem(c.kafkaTlsCert, 'cert'), ...pem(c.kafkaTlsKey, 'key') } } : {}),
    // The cast: kafkajs types each mechanism as an object of its own, all three of this shape.
    ...(username === undefined || password === undefined ? {} : { sasl: { mechanism, username, password } as SASLOptions }),
  };
}
