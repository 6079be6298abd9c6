import { parseArgs } from 'node:util';
import { Client } from '../clients/client.js';
import { SERVICES, type ServiceName } from '../home/home.js';
import { tail } from '../processes/tail.js';
import { type Command, table } from './command.js';

interface BusStatus {
  joined: boolean;
  lagTotal: number | null;
  outbox: { rows: number; oldestSeconds: number };
  parked: { rows: number; oldestSeconds: number };
  gaps: { rows: number; waiting: number; oldestSeconds: number };
  leases: { owner: string; parts: number; epochMax: number; expiresInSeconds: number }[];
}

export const bus: Command = {
  usage: 'bus status',
  about: 'shows lag, outbox age, parked events, gaps and leases of every service',
  async run() {
    const client = Client.running();
    const rows: (string | number)[][] = [
      ['service', 'joined', 'lag', 'outbox', 'oldest', 'parked', 'oldest', 'gaps', 'leases (parts, epoch)'],
    ];
    for (const s of SERVICES) {
      const b = await client.must<BusStatus>(s, 'GET', '/v1/ops/bus', { as: 'ops' }).catch(() => undefined);
      if (!b) rows.push([s, 'no answer', '', '', '', '', '', '', '']);
      else rows.push([s, b.joined ? 'yes' : 'NO', b.lagTotal ?? '?', b.outbox.rows, `${b.outbox.oldestSeconds.toFixed(1)} s`, b.parked.rows, `${b.parked.oldestSeconds.toFixed(0)} s`, b.gaps.rows, b.leases.map((l) => `${l.owner.slice(-6)}: ${l.parts}, ${l.epochMax}`).join('; ')]); // prettier-ignore
    }
    console.log(table(rows));
  },
};

export const events: Command = {
  usage: 'events tail [--ticket <id>] [--name <event>]',
  about: 'prints events as they are published',
  async run(args) {
    const { values } = parseArgs({ args, allowPositionals: true, options: { ticket: { type: 'string' }, name: { type: 'string' } } });
    const { kafka } = Client.running().home.read();
    const leave = await tail(
      (kafka ?? '').split(','),
      values,
      (line) => console.log(line),
      (error) => {
        console.error(error.message);
        process.exit(1);
      },
    );
    await new Promise<void>((resolve) => process.once('SIGINT', resolve));
    await leave();
  },
};

/** Parked events of one service that `parked list` shows. */
const SHOWN = 50;
/** A redrive answers after it has tried its last event. */
const LONG_MS = 600_000;

function serviceOf(name: string | undefined): ServiceName {
  const service = SERVICES.find((s) => s === name);
  if (!service) throw new Error(`name a service: --service ${SERVICES.join(' | ')}`);
  return service;
}

export const parked: Command = {
  usage: 'parked list|show <id>|redrive|discard <id> --service <s> [--ticket <id>] [--code <c>] [--dry-run] [--reason …]',
  about: 'lists, retries or discards events that a service could not handle, and those that wait behind them',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        service: { type: 'string' },
        ticket: { type: 'string' },
        code: { type: 'string' },
        reason: { type: 'string' },
        'dry-run': { type: 'boolean' },
      },
    });
    const client = Client.running();
    const [verb = 'list', id] = positionals;
    const filter = {
      ...(values.ticket === undefined ? {} : { ticketId: values.ticket }),
      ...(values.code === undefined ? {} : { code: values.code }),
    };
    if (verb === 'list') {
      const rows: (string | number)[][] = [['service', 'id', 'parked at', 'kind', 'code', 'event', 'seq', 'ticket']];
      const cut: string[] = [];
      for (const s of values.service === undefined ? SERVICES : [serviceOf(values.service)]) {
        const list = await client.must<Record<string, string | number>[]>(
          s,
          'GET',
          `/v1/ops/parked?${new URLSearchParams({ ...filter, limit: String(SHOWN + 1) }).toString()}`,
          { as: 'ops' },
        );
        if (list.length > SHOWN) cut.push(s);
        for (const p of list.slice(0, SHOWN))
          rows.push([
            s,
            p['id'] ?? '',
            p['parkedAt'] ?? '',
            p['kind'] ?? '',
            p['code'] ?? '',
            p['name'] ?? '',
            p['sequence'] ?? '',
            p['subject'] ?? '',
          ]);
      }
      console.log(rows.length === 1 ? 'no events are parked' : table(rows));
      if (cut.length > 0)
        console.log(`${cut.join(', ')}: only the oldest ${SHOWN} are shown; \`bus status\` counts all, --ticket and --code select`);
    } else if (verb === 'show') {
      console.log(JSON.stringify(await client.must(serviceOf(values.service), 'GET', `/v1/ops/parked/${id}`, { as: 'ops' }), null, 2));
    } else if (verb === 'redrive') {
      const dryRun = values['dry-run'] ?? false;
      const { tickets, tried, left } = await client.must<{ tickets: number; tried: number; left: number }>(
        serviceOf(values.service),
        'POST',
        '/v1/ops/parked/redrive',
        { as: 'ops', body: { ...filter, dryRun }, timeoutMs: LONG_MS },
      );
      if (tickets === 0)
        console.log('no ticket has parked events here; an unreadable event belongs to no ticket and can only be discarded');
      else
        console.log(
          dryRun
            ? `${left} events of ${tickets} tickets would be retried`
            : `${tried} events of ${tickets} tickets were retried, ${left} are still parked`,
        );
    } else if (verb === 'discard') {
      if (values.reason === undefined) throw new Error('give a reason: --reason "…"');
      const { tried, left } = await client.must<{ tried: number; left: number }>(
        serviceOf(values.service),
        'POST',
        `/v1/ops/parked/${id}/discard`,
        { as: 'ops', body: { reason: values.reason }, timeoutMs: LONG_MS },
      );
      console.log(`${id} is discarded; ${tried} events behind it were retried, ${left} are still parked`);
    } else throw new Error('parked takes list, show, redrive or discard');
  },
};

export const republish: Command = {
  usage: 'republish --service <s|all> [--from <instant>] [--to <instant>] [--org <o>] [--ticket <id>]',
  about: 'publishes recorded events again; consumers drop the ones they have',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        service: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        org: { type: 'string' },
        ticket: { type: 'string' },
      },
    });
    const client = Client.running();
    const { service, ticket, ...range } = values;
    for (const s of service === 'all' ? SERVICES : [serviceOf(service)]) {
      const answer = await client.must<{ events: number }>(s, 'POST', '/v1/ops/republish', {
        as: 'ops',
        body: { ...range, ...(ticket === undefined ? {} : { ticketId: ticket }) },
        timeoutMs: LONG_MS,
      });
      console.log(`${s}: ${answer.events} events are published again`);
    }
  },
};
