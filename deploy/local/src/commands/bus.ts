import { parseArgs } from 'node:util';
import { KafkaBus } from '@gongdan/messaging';
import { addressOf, TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { Client } from '../client.js';
import { SERVICES, type ServiceName } from '../home.js';
import { type Command, table } from './command.js';

interface BusStatus {
  joined: boolean;
  lagTotal: number;
  outbox: { rows: number; oldestSeconds: number };
  parked: { rows: number; oldestSeconds: number };
  gaps: { rows: number; waiting: number; oldestSeconds: number };
  leases: { owner: string; parts: number; epochMax: number; expiresInSeconds: number }[];
}

export const bus: Command = {
  usage: 'bus status',
  about: 'lag, outbox age, parked events, gaps and leases of every service',
  async run() {
    const client = Client.running();
    const rows: (string | number)[][] = [['service', 'joined', 'lag', 'outbox', 'oldest', 'parked', 'oldest', 'gaps', 'leases (parts, epoch)']];
    for (const s of SERVICES) {
      const b = await client.must<BusStatus>(s, 'GET', '/v1/ops/bus', { as: 'ops' }).catch(() => undefined);
      if (!b) rows.push([s, 'away', '', '', '', '', '', '', '']);
      else rows.push([s, b.joined ? 'yes' : 'NO', b.lagTotal, b.outbox.rows, `${b.outbox.oldestSeconds.toFixed(1)} s`, b.parked.rows, `${b.parked.oldestSeconds.toFixed(0)} s`, b.gaps.rows, b.leases.map((l) => `${l.owner.slice(-6)}: ${l.parts}, ${l.epochMax}`).join('; ')]); // prettier-ignore
    }
    console.log(table(rows));
  },
};

export const events: Command = {
  usage: 'events tail [--ticket <id>] [--name <event>]',
  about: 'prints events as they pass on the topic',
  async run(args) {
    const { values } = parseArgs({ args, allowPositionals: true, options: { ticket: { type: 'string' }, name: { type: 'string' } } });
    const { kafka } = Client.running().home.read();
    const kafkaBus = new KafkaBus({ brokers: (kafka ?? '').split(','), clientId: 'gongdan-tail', partitions: 0 });
    const began = new Date().toISOString();
    const subscription = await kafkaBus.subscribe(`gongdan-tail-${newId()}`, {
      topics: [TICKETS.name],
      onBatch: async (messages) => {
        for (const m of messages) {
          const a = addressOf(m.headers);
          if (!a || (values.ticket !== undefined && a.ticketId !== values.ticket) || (values.name !== undefined && a.name !== values.name)) continue;
          // Without a ticket only what is new: the whole topic may be years.
          if (values.ticket === undefined && (m.headers['ce_time'] ?? '') < began) continue;
          console.log(`${m.headers['ce_time']}  ${a.org}  ${a.ticketId}  #${a.seq}  ${a.name}  ${m.value?.toString('utf8').slice(0, 300)}`);
        }
      },
      onFatal: (error) => {
        console.error(error.message);
        process.exit(1);
      },
    });
    await new Promise<void>((resolve) => process.once('SIGINT', resolve));
    await subscription.stop();
    await kafkaBus.close();
  },
};

function serviceOf(name: string | undefined): ServiceName {
  const service = SERVICES.find((s) => s === name);
  if (!service) throw new Error(`which service? --service ${SERVICES.join(' | ')}`);
  return service;
}

export const parked: Command = {
  usage: 'parked list|show <id>|redrive|discard <id> --service <s> [--ticket <id>] [--code <c>] [--dry-run] [--reason …]',
  about: 'events a service refused, and those that wait behind them',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { service: { type: 'string' }, ticket: { type: 'string' }, code: { type: 'string' }, reason: { type: 'string' }, 'dry-run': { type: 'boolean' } },
    });
    const client = Client.running();
    const [verb = 'list', id] = positionals;
    const filter = { ...(values.ticket === undefined ? {} : { ticketId: values.ticket }), ...(values.code === undefined ? {} : { code: values.code }) };
    if (verb === 'list') {
      const rows: (string | number)[][] = [['service', 'id', 'parked at', 'kind', 'code', 'event', 'seq', 'ticket']];
      for (const s of values.service === undefined ? SERVICES : [serviceOf(values.service)]) {
        const list = await client.must<Record<string, string | number>[]>(s, 'GET', `/v1/ops/parked?${new URLSearchParams(filter).toString()}`, { as: 'ops' });
        for (const p of list) rows.push([s, p['id'] ?? '', p['parked_at'] ?? '', p['kind'] ?? '', p['code'] ?? '', p['name'] ?? '', p['sequence'] ?? '', p['subject'] ?? '']);
      }
      console.log(rows.length === 1 ? 'nothing is parked' : table(rows));
    } else if (verb === 'show') {
      console.log(JSON.stringify(await client.must(serviceOf(values.service), 'GET', `/v1/ops/parked/${id}`, { as: 'ops' }), null, 2));
    } else if (verb === 'redrive') {
      const dryRun = values['dry-run'] ?? false;
      const { tickets, tried, left } = await client.must<{ tickets: number; tried: number; left: number }>(serviceOf(values.service), 'POST', '/v1/ops/parked/redrive', { as: 'ops', body: { ...filter, dryRun } });
      console.log(dryRun ? `${left} events of ${tickets} tickets would be tried` : `${tried} events of ${tickets} tickets tried, ${left} still parked`);
    } else if (verb === 'discard') {
      if (values.reason === undefined) throw new Error('why? --reason "…"');
      const { tried, left } = await client.must<{ tried: number; left: number }>(serviceOf(values.service), 'POST', `/v1/ops/parked/${id}/discard`, { as: 'ops', body: { reason: values.reason } });
      console.log(`${id} is given up; ${tried} events behind it tried, ${left} still parked`);
    } else throw new Error('list, show, redrive or discard');
  },
};

export const republish: Command = {
  usage: 'republish --service <s|all> [--from <instant>] [--to <instant>] [--org <o>] [--ticket <id>]',
  about: 'says recorded events again; consumers drop what they have',
  async run(args) {
    const { values } = parseArgs({ args, options: { service: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, org: { type: 'string' }, ticket: { type: 'string' } } });
    const client = Client.running();
    const { service, ticket, ...range } = values;
    for (const s of service === 'all' ? SERVICES : [serviceOf(service)]) {
      const answer = await client.must<{ events: number }>(s, 'POST', '/v1/ops/republish', { as: 'ops', body: { ...range, ...(ticket === undefined ? {} : { ticketId: ticket }) }, timeoutMs: 600_000 });
      console.log(`${s}: ${answer.events} events go out again`);
    }
  },
};
