import { createConnection } from 'node:net';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { must, type Trial } from '../trial.js';
import { ask, cell, Findings, fresh, importFile, mapping, rowsOf, somebody } from './desk.js';
import { operations, pathWith } from './filters.js';

const DATES = ['2101-01-01 08:00:00', '2150-01-01 00:00:00', '9999-12-31 23:59:59', '3020-05-01 10:00:00', '12020-05-01 10:00:00', '2020-02-30 10:00:00', '2020-13-01 10:00:00', '2020-05-01 25:00:00', '0000-00-00 00:00:00', '20-05-01 10:00:00', '2020-05-01', 'now', '２０２０-05-01 10:00:00x']; // prettier-ignore

/** Fault 15. */
export const impossibleDates: Trial = {
  name: 'impossible-dates',
  claim: 'A row of an import with a date after 2100, or one that no calendar has, is rejected, and only that row.',
  async run({ client }) {
    const found = new Findings();
    const lines = [...DATES, '2100-12-31 07:00:00', '2020-05-01 10:00:00'].map((d, i) => `D${i},${cell(d)}`);
    const view = await importFile(client, `key,registeredAt\n${lines.join('\n')}`, mapping(fresh('dates'), ['registeredAt']));
    must(view.state === 'done', `the import failed: ${view.error}`);
    for (const [i, row] of (await rowsOf(client, view.id)).entries())
      found.check(row.outcome === (i < DATES.length ? 'rejected' : 'created'), `the row ${lines[i]} is ${row.outcome}`);
    return found.end('dates');
  },
};

/** Fault 15. */
export const longPaths: Trial = {
  name: 'long-paths',
  claim: 'A parameter of a path that is long, or no text, is 404 or names its mistake, never a mistake of the JSON body.',
  async run({ client }) {
    const found = new Findings();
    for (const o of operations().filter(
      (one) =>
        one.path.startsWith('/v1/') &&
        (one.service === 'intake' || !one.path.startsWith('/v1/ops')) &&
        !/\/(live|clock|rebuild)$/.test(one.path),
    ))
      for (const p of o.parameters.filter((one) => one.in === 'path'))
        for (const value of ['x'.repeat(200), 'x'.repeat(101), '长'.repeat(100), '😀'.repeat(50), '%00', 'a/b']) {
          const body = o.method === 'GET' || o.method === 'DELETE' ? {} : { body: {} };
          const answer = await ask(client, o.service, o.method, pathWith(o, p.name, value), { as: somebody(), ...body });
          const where = `${o.service} ${o.method} ${o.path} with ${p.name} ${value.slice(0, 12)}`;
          found.check(answer.status >= 400 && answer.status < 500, `${where} is answered ${answer.status}`);
          found.check(!answer.text.includes('malformed-json'), `${where} is called malformed JSON`);
        }
    for (const path of ['/v1/tickets/%', '/v1/tickets/%zz', '/v1/tickets/%ff%fe', '//v1/tickets', `/${'a/'.repeat(500)}`]) {
      const { status } = await ask(client, 'intake', 'GET', path, { as: somebody() });
      found.check(status >= 400 && status < 500, `${path.slice(0, 40)} is answered ${status}`);
    }
    return found.end('paths');
  },
};

/** Fault 15. The local stack allows private webhooks, so here only what is no URL at all; the private addresses are a spec of notify. */
const NO_HOOKS = ['https://user:pw@example.org/', 'https://example.org/#x', 'ftp://example.org/', 'file:///etc/passwd', 'javascript:alert(1)', 'example.org', '', 'https://', 'http:// /', 'gopher://127.0.0.1/', 'https://[::1', 'https://256.256.256.256/']; // prettier-ignore

export const closedHome: Trial = {
  name: 'closed-home',
  claim:
    'No file under the home folder gives a right to other users, Redis answers nobody without its password, and odd addresses of webhooks are refused.',
  async run({ client, stack }) {
    const found = new Findings();
    const walk = (folder: string): void => {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        try {
          const entry = lstatSync(path);
          if (entry.isSymbolicLink()) continue;
          found.check((entry.mode & 0o077) === 0, `${path} has the mode ${(entry.mode & 0o777).toString(8)}`);
          if (entry.isDirectory()) walk(path);
        } catch (error) {
          // A part that runs may delete a file meanwhile.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        }
      }
    };
    walk(stack.home.path);
    const { port } = new URL(stack.redis);
    for (const command of ['PING', 'KEYS *', 'FLUSHALL', 'AUTH wrong', 'CONFIG GET requirepass']) {
      const answer = await new Promise<string>((done, failed) => {
        const socket = createConnection(Number(port), '127.0.0.1', () => socket.write(`${command}\r\n`));
        socket.once('data', (data) => (socket.destroy(), done(String(data))));
        socket.once('error', failed);
      });
      found.check(/^-(NOAUTH|WRONGPASS|ERR)/.test(answer), `Redis answers ${command} without the password: ${answer.slice(0, 60)}`);
    }
    for (const url of NO_HOOKS) {
      const made = await ask(client, 'notify', 'POST', '/v1/webhooks', {
        as: somebody(),
        body: { url, types: ['dispatch.ticket-dispatched'] },
      });
      found.check([400, 422].includes(made.status), `a webhook to ${url} is answered ${made.status}`);
    }
    return found.end('files and answers');
  },
};
