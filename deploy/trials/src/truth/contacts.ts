import { must, type Trial } from '../trial.js';
import { ask, cell, create, Findings, fresh, importFile, mapping, post, READER, rowsOf, somebody } from './desk.js';

/** What spreadsheets and people make of a phone number, and what is none: refused by the API and in a file. */
const NO_PHONES = [
  '13800001234.0', '1.38E+10', '1.38E10', '1,38E+10', '无', '----', '()()', '+', '++++', '((((', '- - -', '123', '１２３', '0x1F2A3B4C', '138****5678', '李雷',
  'li@example.org', '13800001234;13900001234', '13800001234/13900001234', '1380000１２３４x', '１.３８Ｅ＋１０', 'null', 'N/A', '#REF!', '=1+1', '٠١٢', '①②③④x', '\u200b\u200b\u200b\u200b',
]; // prettier-ignore
/** The same number in forms that are accepted; afterwards its tail opens the public status. */
const PHONES = ['13800001234', '１３８００００１２３４', '138 0000 1234', '138-0000-1234', '+86 138 0000 1234', '＋８６（138）0000－1234', ' 13800001234 ', '138\u00a00000\u30001234', '138–0000—1234']; // prettier-ignore
const NO_EMAILS = ['13800001234', '李雷', 'li@', '@example.org', 'li@example', 'li@@example.org', 'li@-example.org', 'li@example-.org', '.li@example.org', 'li.@example.org', 'a..b@example.org', '138 0000 1234', 'li@example.org,wang@example.org', 'li@1.2.3.4', '１３８００００１２３４', `${'x'.repeat(65)}@example.org`, 'li@example.org\u202e']; // prettier-ignore
/** RFC 5321 allows each of these signs in a local part. */
const EMAILS = [...[...`!#$%&'*+-/=?^_\`{|}~`].map((sign) => `a${sign}b@example.org`), 'user/dept@example.org', 'li@xn--fsqu00a.xn--0zwm56d', 'li@a.b.c.example.org', 'LI@EXAMPLE.ORG', 'ｌｉ@example.org']; // prettier-ignore

/** Fault 10. */
export const contactRule: Trial = {
  name: 'contact-rule',
  claim:
    'The API and imports keep one rule for contacts: what is no phone number or e-mail address is refused, every writing of a real one is accepted.',
  async run({ client }) {
    const found = new Findings();
    const cases: { field: 'phone' | 'email'; value: string; good: boolean }[] = [
      ...NO_PHONES.map((value) => ({ field: 'phone' as const, value, good: false })),
      ...PHONES.map((value) => ({ field: 'phone' as const, value, good: true })),
      ...NO_EMAILS.map((value) => ({ field: 'email' as const, value, good: false })),
      ...EMAILS.map((value) => ({ field: 'email' as const, value, good: true })),
    ];
    for (const { field, value, good } of cases) {
      const { status } = await post(client, { contact: { phone: '13800001234', [field]: value } });
      found.check(status === (good ? 201 : 400), `the API answers ${status} to the ${field} ${JSON.stringify(value)}`);
    }
    const source = fresh('contacts');
    const file = [
      'key,contact.phone,contact.email',
      ...cases.map((c, i) => `C${i},${cell(c.field === 'phone' ? c.value : '13800001234')},${cell(c.field === 'email' ? c.value : '')}`),
    ].join('\n');
    const view = await importFile(client, file, mapping(source, ['contact.phone', 'contact.email']));
    must(view.state === 'done', `the import failed: ${view.error}`);
    const rows = await rowsOf(client, view.id);
    must(rows.length === cases.length, `${rows.length} of ${cases.length} rows are reported`);
    for (const [i, { field, value, good }] of cases.entries())
      found.check(
        rows[i]?.outcome === (good ? 'created' : 'rejected'),
        `in a file the ${field} ${JSON.stringify(value)} is ${rows[i]?.outcome}`,
      );
    for (const i of PHONES.keys()) {
      const ticketId = rows[NO_PHONES.length + i]?.ticketId;
      const { number } = (await ask(client, 'intake', 'GET', `/v1/tickets/${ticketId}`, { as: READER })).body;
      const { status } = await ask(client, 'intake', 'GET', `/v1/public/demo/tickets/${String(number)}?tail=1234`);
      found.check(status === 200, `the tail of the imported phone ${JSON.stringify(PHONES[i])} does not open the status: ${status}`);
    }
    return found.end('contacts');
  },
};

/** A number and an address that no answer to a reader may hold, in every column a careless export can put them in. */
const SECRET_PHONE = '13977778888';
const SECRET_MAIL = 'secret.person@example.org';
const MISPLACED = [
  { name: '', phone: '13800001234', email: SECRET_PHONE },
  { name: SECRET_PHONE, phone: '13800001234', email: '' },
  { name: SECRET_MAIL, phone: '13800001234', email: '' },
  { name: `张 ${SECRET_PHONE}`, phone: '13800001234', email: '' },
  { name: `${SECRET_PHONE} 张`, phone: '13800001234', email: '' },
  { name: '(13977778888', phone: '13800001234', email: '' },
  { name: '', phone: SECRET_MAIL, email: '' },
  { name: '', phone: '王机密先生', email: '' },
  { name: '', phone: '13800001234', email: '王机密先生' },
  { name: '王机密先生', phone: SECRET_PHONE, email: SECRET_MAIL },
  { name: '１３９７７７７８８８８', phone: '１３９７７７７８８８８', email: '' },
  { name: '', phone: '((((((((13977778888', email: '' },
  { name: '', phone: '8888', email: '' },
  { name: '', phone: '77778888', email: `${SECRET_PHONE}@example.org` },
  { name: '', phone: '+86-139-7777-8888', email: '"13977778888"@example.org' },
];
const SECRETS = [
  SECRET_PHONE,
  '１３９７７７７８８８８',
  SECRET_MAIL,
  'secret.person',
  '王机密',
  '77778888',
  '7777-8888',
  '7777 8888',
  '7777８８８８',
];

/** Fault 10. */
export const maskedContacts: Trial = {
  name: 'masked-contacts',
  claim:
    'Nobody who may only read tickets sees a contact, in whatever column it came: in lists, details, search, history, export or live updates.',
  async run({ client }) {
    const found = new Findings();
    const source = fresh('masked');
    const file = [
      'key,contact.name,contact.phone,contact.email',
      ...MISPLACED.map((m, i) => [`M${i}`, m.name, m.phone, m.email].map(cell).join(',')),
    ].join('\n');
    const view = await importFile(client, file, mapping(source, ['contact.name', 'contact.phone', 'contact.email']));
    must(view.state === 'done', `the import failed: ${view.error}`);
    const ids = (await rowsOf(client, view.id)).flatMap((r) => r.ticketId ?? []);
    for (const m of MISPLACED) {
      const contact = Object.fromEntries(Object.entries(m).filter(([, value]) => value !== ''));
      const made = await post(client, { contact, source, externalKey: fresh('k') });
      if (made.status === 201) ids.push(String(made.body['id']));
      else found.check(made.status === 400, `the API answers ${made.status} to ${JSON.stringify(m)}`);
    }
    must(ids.length > 8, `only ${ids.length} of the tickets were created`);
    const amended = await create(client);
    await ask(client, 'intake', 'PATCH', `/v1/tickets/${amended.id}`, {
      as: somebody(),
      body: { contact: { name: SECRET_MAIL, phone: SECRET_PHONE } },
    });
    ids.push(amended.id);
    await new Promise((wake) => setTimeout(wake, 1_000));
    const answers: [string, string][] = [];
    for (const id of ids) {
      answers.push(['the detail', (await ask(client, 'intake', 'GET', `/v1/tickets/${id}`, { as: READER })).text]);
      answers.push(['the history', (await ask(client, 'reporting', 'GET', `/v1/tickets/${id}/history`, { as: READER })).text]);
      answers.push(['the case', (await ask(client, 'dispatch', 'GET', `/v1/cases/${id}`, { as: READER })).text]);
      answers.push(['the decisions', (await ask(client, 'dispatch', 'GET', `/v1/cases/${id}/decisions`, { as: READER })).text]);
      answers.push(['the clocks', (await ask(client, 'sla', 'GET', `/v1/tickets/${id}/clocks`, { as: READER })).text]);
    }
    answers.push(['the list', (await ask(client, 'intake', 'GET', '/v1/tickets?limit=200', { as: READER })).text]);
    answers.push(['search', (await ask(client, 'reporting', 'GET', '/v1/search?limit=200', { as: READER })).text]);
    answers.push(['the export', (await ask(client, 'reporting', 'GET', '/v1/export.csv', { as: READER })).text]);
    answers.push([
      'the messages',
      (await ask(client, 'notify', 'GET', '/v1/messages?limit=200', { as: { id: 'handler', roles: ['handler'] } })).text,
    ]);
    answers.push([
      'the rows of the import',
      (await ask(client, 'intake', 'GET', `/v1/imports/${view.id}/rows`, { as: { id: 'sup', roles: ['supervisor'] } })).text,
    ]);
    answers.push([
      'the result of the import',
      (await ask(client, 'intake', 'GET', `/v1/imports/${view.id}/result.csv`, { as: { id: 'sup', roles: ['supervisor'] } })).text,
    ]);
    // The complainant's own words are not a contact, so a title would show what it holds; no ticket of this trial has such a title.
    for (const [where, text] of answers)
      for (const secret of SECRETS)
        found.check(
          !text.includes(secret),
          `${where} shows ${secret}: …${text.slice(Math.max(0, text.indexOf(secret) - 60), text.indexOf(secret) + 30)}…`,
        );
    must(
      answers.filter(([where, text]) => where === 'the detail' && text.includes('contact')).length > 8,
      'the answers hold no contact to be masked',
    );
    return found.end('answers and secrets');
  },
};
