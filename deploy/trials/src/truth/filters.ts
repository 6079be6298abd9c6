import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, PROJECT, SERVICES, type ServiceName } from 'gongdan';
import { must, type Trial } from '../trial.js';
import { ask, create, Findings, fresh, post, somebody } from './desk.js';

interface Parameter {
  in: string;
  name: string;
  schema: { format?: string; type?: string; maximum?: number; enum?: unknown[]; default?: unknown };
}
export interface Operation {
  service: ServiceName;
  method: string;
  path: string;
  parameters: Parameter[];
  responses: string[];
}

/** Every documented operation of the five services. */
export function operations(): Operation[] {
  return SERVICES.flatMap((service) => {
    const document = JSON.parse(readFileSync(join(PROJECT, `docs/openapi/${service}.json`), 'utf8')) as {
      paths: Record<string, Record<string, { parameters?: Parameter[]; responses?: object }>>;
    };
    return Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, o]) => ({
        service,
        method: method.toUpperCase(),
        path,
        parameters: o.parameters ?? [],
        responses: Object.keys(o.responses ?? {}),
      })),
    );
  });
}

/** A path with `value` for one parameter and something that exists nowhere, but is well formed, for the others. */
export function pathWith(o: Operation, name: string, value: string): string {
  return o.parameters
    .filter((p) => p.in === 'path')
    .reduce(
      (path, p) =>
        path.replace(
          `{${p.name}}`,
          encodeURIComponent(
            p.name === name
              ? value
              : p.schema.format === 'uuid'
                ? '018f3a5c-7d21-7c44-9b1e-3f8a2f5e6d70'
                : p.schema.type === 'integer'
                  ? '1'
                  : 'starter',
          ),
        ),
      o.path,
    );
}

const INSTANTS = [
  '2026-03-02T09:00:00+23:59', '2026-03-02T09:00:00-23:59', '2026-03-02T09:00:00+16:00', '2026-03-02T09:00:00-16:00', '2026-03-02T09:00:00+15:59', '2026-03-02T09:00:00+14:00',
  '2026-03-02T09:00:00+24:00', '2026-03-02T09:00:00+08', '2026-03-02T09:00:00+0800', '2026-03-02T09:00:00+08:60', '2026-03-02T09:00:00Z', '2026-03-02T09:00:00.123456789Z', '2026-03-02T09:00:00',
  '2026-03-02', '2026-02-30T00:00:00Z', '2026-03-02T24:00:00Z', '2026-03-02T23:59:60Z', '0000-01-01T00:00:00Z', '0000-01-01T00:00:00+23:59', '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59',
  '9999-12-31T23:59:59.999Z', '+010000-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', '-4713-01-01T00:00:00Z', '294277-01-01T00:00:00Z', 'infinity', '-infinity', 'now', 'epoch', 'today', 'NaN', '0', '1e300',
  '2026-03-02T09:00:00Z\u0000', '２０２６-03-02T09:00:00Z', ' 2026-03-02T09:00:00Z ', '', 'BC 2026-03-02',
]; // prettier-ignore

/** Properties that every object of JavaScript has, and texts that Postgres, JSON or a URL read in their own way. */
export const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineGetter__', 'isPrototypeOf', 'length', 'null', 'undefined', 'NaN', '-1', '0', '%', '_', "'", '"', '\\', '\u0000', '\ud800', '😀', '../..', '$1', '{}', '[]', 'x'.repeat(200)]; // prettier-ignore

async function noError(found: Findings, client: Client, o: Operation, path: string, body?: unknown): Promise<number> {
  const answer = await ask(client, o.service, o.method, path, { as: somebody(), ...(body === undefined ? {} : { body }) });
  const where = `${o.service} ${o.method} ${decodeURIComponent(path).slice(0, 140)}`;
  found.check(answer.status < 500, `${where}: ${answer.status} ${answer.text.slice(0, 120)}`);
  found.check(o.responses.includes(String(answer.status)), `${where}: the status ${answer.status} is not documented`);
  return answer.status;
}

/** Routes that end or change something for everybody, or that stream for ever. */
const LEFT_OUT = /\/(live|clock|rebuild)$|\/republish$/;

/** Fault 13. */
export const oddFilters: Trial = {
  name: 'odd-filters',
  claim: 'No value of any documented parameter is a 5xx or an undocumented status, in any service.',
  async run({ client }) {
    const found = new Findings();
    // Health, metrics and the operator's routes are the same code in each service; those of intake stand for all.
    const all = operations().filter(
      (o) => !LEFT_OUT.test(o.path) && (o.service === 'intake' || !/^\/(health|metrics|v1\/ops)/.test(o.path)),
    );
    const instants = all.flatMap((o) =>
      o.parameters
        .filter((p) => p.in === 'query' && (p.schema.format === 'date-time' || /^(from|to)$|Before$|After$/.test(p.name)))
        .map((p) => ({ o, p })),
    );
    must(instants.length >= 7, `only ${instants.length} filters by instant are documented`);
    for (const { o, p } of instants)
      for (const value of INSTANTS) await noError(found, client, o, `${pathWith(o, '', '')}?${p.name}=${encodeURIComponent(value)}`);
    const values = NAMES.filter((n) => n !== '\ud800');
    const reads = all.filter((o) => o.method === 'GET');
    for (const o of reads)
      for (const p of o.parameters.filter((q) => ['query', 'path'].includes(q.in)))
        for (const value of values)
          await noError(
            found,
            client,
            o,
            p.in === 'query' ? `${pathWith(o, '', '')}?${p.name}=${encodeURIComponent(value)}` : pathWith(o, p.name, value),
          );
    for (const o of all.filter((x) => ['POST', 'PUT', 'PATCH'].includes(x.method)))
      for (const p of o.parameters.filter((q) => q.in === 'path'))
        for (const value of values) await noError(found, client, o, pathWith(o, p.name, value), {});
    // Parameters that nobody declared, and the same one twice.
    for (const o of reads)
      for (const query of [
        'constructor=1',
        '__proto__[x]=1',
        'limit=1&limit=2',
        'limit=',
        'limit=1e3',
        'limit=0x10',
        'limit=９',
        'cursor=%7B%7D',
        'cursor=W10',
        'cursor=WyJ4Il0',
        'from=2026-03-02T09:00:00Z&from=x',
        'a'.repeat(3_000),
      ])
        await noError(found, client, o, `${pathWith(o, '', '')}?${query}`);
    return found.end('checks of parameters');
  },
};

/** Fault 13: words that name something are looked up among what was declared, never among what JavaScript adds. */
export const inheritedNames: Trial = {
  name: 'inherited-names',
  claim: 'A name such as constructor or __proto__ is an unknown name everywhere, unless a pack declares it; then it works as any other.',
  async run({ client }) {
    const found = new Findings();
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];
    for (const name of names) {
      for (const query of [`by=${name}`, `by=attribute.${name}`, `zone=${name}`, `by=day&zone=${name}`])
        found.check(
          (await ask(client, 'reporting', 'GET', `/v1/stats?${query}`, { as: somebody() })).status === 400,
          `stats answers ?${query} as if it were known`,
        );
      for (const [service, path] of [
        ['dispatch', `/v1/packs/${name}`],
        ['dispatch', `/v1/queues/${name}`],
        ['dispatch', `/v1/units/${name}/people`],
        ['sla', `/v1/calendars/${name}`],
      ] as const) {
        const { status } = await ask(client, service, 'GET', path, { as: somebody() });
        found.check([400, 404].includes(status), `${service} answers ${status} to ${path}`);
      }
      for (const field of ['pack', 'channel', 'type', 'category', 'item', 'urgency', 'impact', 'priority', 'unit', 'language']) {
        const { status } = await post(client, { [field]: name });
        found.check([400, 422].includes(status), `a ticket with the ${field} ${name} is answered ${status}`);
      }
      const raw = Buffer.from(
        JSON.stringify({ pack: 'starter', type: 'complaint', category: 'network', title: 'x', contact: { phone: '13800135678' } }).replace(
          '{',
          `{"attributes":{"${name}":"x"},`,
        ),
      );
      const { status } = await ask(client, 'intake', 'POST', '/v1/tickets', {
        as: somebody(),
        raw,
        headers: { 'content-type': 'application/json' },
      });
      found.check([400, 422].includes(status), `a ticket with the attribute ${name} is answered ${status}`);
      const { id } = await create(client);
      const acted = await ask(client, 'dispatch', 'POST', `/v1/cases/${id}/actions/${name}`, { as: somebody(), body: {} });
      found.check([400, 404].includes(acted.status), `the action ${name} is answered ${acted.status}`);
      const nobody = await ask(client, 'intake', 'GET', '/v1/tickets', { as: { id: fresh('p'), roles: [name] } });
      found.check(nobody.status === 403, `the role ${name} has rights: ${nobody.status}`);
      const hook = await ask(client, 'notify', 'POST', '/v1/webhooks', {
        as: somebody(),
        body: { url: 'https://example.org/', types: [name] },
      });
      found.check([400, 422].includes(hook.status), `a webhook of the type ${name} is answered ${hook.status}`);
    }
    return found.end('names');
  },
};

/** Every zone Node knows, and the aliases and wrong spellings that tools write. */
const ALIASES = ['Asia/Kolkata', 'Asia/Calcutta', 'PRC', 'US/Eastern', 'US/Pacific', 'Asia/Chongqing', 'Asia/Chungking', 'Asia/Harbin', 'Hongkong', 'ROC', 'Singapore', 'Japan', 'GB', 'Eire', 'NZ', 'UTC', 'Etc/UTC', 'GMT', 'Zulu', 'Etc/GMT+8', 'Etc/GMT-14', 'America/Argentina/Buenos_Aires', 'America/Buenos_Aires', 'Asia/Katmandu', 'Asia/Kathmandu', 'Europe/Kiev', 'Europe/Kyiv', 'Asia/Saigon', 'Asia/Rangoon', 'EST5EDT', 'CST6CDT', 'asia/shanghai']; // prettier-ignore
const NO_ZONES = [
  '',
  'Asia',
  'Asia/',
  'Asia/Nowhere',
  '+08:00',
  '-08',
  'UTC+8',
  'GMT+8',
  'CST',
  '北京时间',
  'Asia/Shanghai\u0000',
  "Asia/Shanghai'",
  '../UTC',
  'posixrules',
  'x'.repeat(61),
  'localtime',
  'Factory',
];

/** Fault 13. */
export const zones: Trial = {
  name: 'zones',
  claim: 'Every IANA zone and alias is accepted in figures and in mappings of imports, counts days in that zone, and anything else is 400.',
  async run({ client }) {
    const found = new Findings();
    const known = [...new Set([...Intl.supportedValuesOf('timeZone'), ...ALIASES])];
    await create(client);
    for (const zone of known) {
      const stats = await ask<{ zone?: string }>(client, 'reporting', 'GET', `/v1/stats?by=day&zone=${encodeURIComponent(zone)}`, {
        as: somebody(),
      });
      found.check(stats.status === 200, `stats refuses the zone ${zone}: ${stats.status} ${stats.text.slice(0, 120)}`);
    }
    const zoned = (zone: string): object => ({
      source: 'zones',
      format: 'csv',
      zone,
      dateFormat: 'iso',
      externalKey: 'k',
      fields: Object.fromEntries(['type', 'category', 'channel', 'title', 'registeredAt'].map((f) => [f, { column: f }])),
    });
    for (const zone of ALIASES) {
      const made = await ask(client, 'intake', 'POST', '/v1/imports', { as: somebody(), body: { pack: 'starter', mapping: zoned(zone) } });
      found.check(made.status === 201, `a mapping with the zone ${zone} is answered ${made.status} ${made.text.slice(0, 160)}`);
    }
    for (const zone of NO_ZONES) {
      const { status } = await ask(client, 'reporting', 'GET', `/v1/stats?by=day&zone=${encodeURIComponent(zone)}`, { as: somebody() });
      found.check(status === 400, `stats answers ${status} to the zone ${JSON.stringify(zone)}`);
      const made = await ask(client, 'intake', 'POST', '/v1/imports', { as: somebody(), body: { pack: 'starter', mapping: zoned(zone) } });
      found.check(made.status === 400, `a mapping with the zone ${JSON.stringify(zone)} is answered ${made.status}`);
    }
    return found.end(`answers about ${known.length} zones`);
  },
};
