import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { onInput, reply } from './worker.js';

export interface ConsumeInput {
  url: string;
  brokers: string;
  topic: string;
  group: string;
  events: number;
}

const INSERT = `
  insert into floor_events (org, ticket_id, producer, seq, event_id, name, data)
  select * from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::json[])`;

/** The consumer's floor: bare kafkajs with one insert of the raw events per 500, then the commit of the offsets; no deduplication, order or fold. */
onInput(async ({ url, brokers, topic, group, events }: ConsumeInput) => {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const consumer = new Kafka({ clientId: 'bench-consumer', brokers: brokers.split(','), logLevel: logLevel.NOTHING }).consumer({
    groupId: group,
    maxBytesPerPartition: 1_048_576,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let seen = 0;
  let begin = 0;
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 3,
    eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, uncommittedOffsets }) => {
      begin ||= performance.now();
      for (let i = 0; i < batch.messages.length; i += 500) {
        const chunk = batch.messages.slice(i, i + 500);
        const header = (name: string): string[] => chunk.map((m) => String(m.headers?.[name] ?? ''));
        await pool.query(INSERT, [
          header('ce_org'),
          header('ce_subject'),
          header('ce_source'),
          header('ce_sequence'),
          header('ce_id'),
          header('ce_type'),
          chunk.map((m) => String(m.value)),
        ]);
        resolveOffset(chunk.at(-1)?.offset ?? '0');
        await heartbeat();
        await commitOffsetsIfNecessary(uncommittedOffsets());
        seen += chunk.length;
      }
      if (seen >= events) reply({ ms: performance.now() - begin });
    },
  });
});
