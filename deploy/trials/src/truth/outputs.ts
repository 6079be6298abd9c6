import { readFileSync } from 'node:fs';
import { must, type Trial, within } from '../trial.js';
import { ask, cell, create, Findings, fresh, importFile, mapping, post, somebody } from './desk.js';

/** Fault 15: formulas in the CSV files that people open. */
const FORMULAS = ['=1+1', '+1', '-1+1', '@SUM(A1)', '＝1+1', '＋1', '－1', '＠x', ' =1', '\t=1', '\u3000=1', 'a;=1+1', 'a; =1', 'a;"=1"', ';=1', 'a|=1', 'a\t=1', '";=1', 'x";=1;"', 'a,=1', `=cmd|' /C calc'!A0`, "'=1", '"=1"', 'a;"=1;b', 'a;""=1', 'a;;;@x', 'a;+1']; // prettier-ignore

/** Splits one line as a spreadsheet of some locale does: quotes count at the beginning of a field only. */
function fieldsOf(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    let text = '';
    if (line[at] === '"') {
      at++;
      while (at < line.length && !(line[at] === '"' && line[at + 1] !== '"')) {
        if (line[at] === '"') at++;
        text += line[at++];
      }
      at++;
    }
    while (at < line.length && line[at] !== delimiter) text += line[at++];
    at++;
    fields.push(text);
  }
  return fields;
}

/** At commas the file is what it was written as, and a quoted cell may have several lines; at any other sign each line end counts. */
function linesOf(text: string, delimiter: string): string[] {
  if (delimiter !== ',') return text.split(/\r\n|\n/);
  return text.match(/(?:"(?:[^"]|"")*"|[^"\n])+/g) ?? [];
}

/** Fault 15. */
export const csvFormulas: Trial = {
  name: 'csv-formulas',
  claim: 'No cell of an exported file begins a formula, whether a spreadsheet splits its lines at commas, semicolons, tabs or bars.',
  async run({ client }) {
    const found = new Findings();
    const word = fresh('formula');
    for (const text of FORMULAS) {
      const made = await post(client, { title: text, description: `${text}\n${text} ${word}`, place: { address: text, area: text } });
      if (made.status !== 201) await create(client, { title: 'x', description: `${text} ${word}` }).catch(() => undefined);
    }
    const view = await importFile(
      client,
      `key,title\n${FORMULAS.map((t, i) => `${cell(`${t}${word}${i}`)},${cell(t)}`).join('\n')}`,
      mapping(fresh('formula'), ['title']),
    );
    must(view.state === 'done', `the import failed: ${view.error}`);
    let file = '';
    await within(20_000, 'the tickets have not reached the export', async () => {
      file = (await ask(client, 'reporting', 'GET', `/v1/export.csv?text=${word}`, { as: somebody() })).text;
      return file.split('\n').length > FORMULAS.length / 2;
    });
    const result = (await ask(client, 'intake', 'GET', `/v1/imports/${view.id}/result.csv`, { as: 'root' })).text;
    for (const [name, text] of [
      ['export.csv', file],
      ['result.csv', result],
    ] as const)
      for (const delimiter of [',', ';', '\t', '|'])
        for (const line of linesOf(text.replace(/^\ufeff/, ''), delimiter))
          for (const field of fieldsOf(line, delimiter)) {
            const number = /^[+-]?\d+(\.\d+)?$/.test(field) && delimiter === ',';
            found.check(
              number || !/^[ \u3000\t\r\n]*[=+\-@＝＋－＠]/.test(field),
              `${name} split at ${JSON.stringify(delimiter)} has the cell ${JSON.stringify(field.slice(0, 60))}`,
            );
          }
    must(found.tried > 500, `only ${found.tried} cells were exported`);
    return found.end('cells');
  },
};

/** Fault 15. */
export const logsWithoutSecrets: Trial = {
  name: 'logs-without-secrets',
  claim: 'Refused logins and rights are lines of the audit log, and no log of any service holds a contact or a token of this run.',
  async run({ client, stack }) {
    const found = new Findings();
    const phone = `139${String(Date.now()).slice(-8)}`;
    const { id } = await create(client, { contact: { phone, email: `${phone}@example.org`, name: `名${phone}` } });
    await post(client, { contact: { phone: `${phone}x`, email: `${phone}@` } });
    await ask(client, 'intake', 'PATCH', `/v1/tickets/${id}`, { as: somebody(), body: { contact: { phone: `${phone}abc` } } });
    for (const service of ['intake', 'dispatch', 'sla', 'notify', 'reporting'] as const) {
      const path = service === 'dispatch' ? '/v1/unroutable' : '/v1/ops/bus';
      const token = `${fresh('token')}.${phone}.x`;
      found.check(
        (await client.call(service, 'GET', path, { headers: { authorization: `Bearer ${token}` } })).status === 401,
        `${service} lets a false token in`,
      );
      const who = fresh('nobody');
      const refused = await client.call(service, 'GET', path, { as: { id: who, roles: [] } });
      found.check(refused.status === 403, `${service} lets a caller without rights in`);
      const log = (): string => readFileSync(stack.home.log(service), 'utf8');
      await within(5_000, `the log of ${service} has no audit line of the refused right`, async () =>
        log()
          .split('\n')
          .some(
            (l) =>
              l.includes('"stream":"audit"') &&
              l.includes('right-refused') &&
              l.includes(`GET ${path}`) &&
              l.includes(refused.headers.get('x-correlation-id') ?? '?'),
          ),
      );
      found.check(
        log()
          .split('\n')
          .some((l) => l.includes('"stream":"audit"') && l.includes('login-refused')),
        `the log of ${service} has no audit line of the refused login`,
      );
      found.check(!log().includes(token), `the log of ${service} holds the false token`);
      found.check(
        !log().includes(phone),
        `the log of ${service} holds the phone number: ${log()
          .split('\n')
          .find((l) => l.includes(phone))
          ?.slice(0, 200)}`,
      );
      const control = [...log()].some((c) => c < ' ' && !'\t\n\r'.includes(c));
      found.check(!control, `the log of ${service} holds a control character`);
    }
    return found.end('checks of logs');
  },
};
