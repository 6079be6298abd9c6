import { type Client } from 'gongdan';
import { must, type Trial, within } from '../trial.js';
import { ask, cell, create, Findings, fresh, importFile, mapping, post, rowsOf, somebody } from './desk.js';

const INVISIBLE = ['\u200b', '\u3164', '\u2800', '\u00ad', '\u200c', '\u200d', '\u2060', '\ufeff', '\u115f', '\u1160', '\uffa0', '\u034f', '\u061c', '\u180e', '\u200e', '\u2063', '\ufe0f', '\u{e0001}', '\u{e0061}', '\u3000', '\u00a0', '\u2003', ' ', '\t']; // prettier-ignore
/** Every C0 and C1 control but the tab and line ends, which only descriptions may hold, then what moves, hides or reorders a line. */
const CONTROLS = [...Array.from({ length: 32 }, (_, i) => i).filter((c) => ![9, 10, 13].includes(c)), 127, ...Array.from({ length: 32 }, (_, i) => 128 + i)].map((c) => String.fromCharCode(c)).concat('\u2028', '\u2029', '\u202a', '\u202b', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\ufff9', '\ufffa', '\ufffb', '\ud800', '\udc00'); // prettier-ignore
const HONEST = ['断网', 'a\u0301', '👨‍👩‍👧‍👦 断网', '🇨🇳', 'नमस्ते', 'مرحبا', 'می‌خواهم', '1', '?', '\u{20000}', 'e\u0301'.repeat(50)]; // prettier-ignore

const LINE_FIELDS: Record<string, (text: string) => object> = {
  title: (title) => ({ title }),
  'place.address': (address) => ({ place: { address } }),
  'place.area': (area) => ({ place: { area } }),
  'contact.name': (name) => ({ contact: { phone: '13800135678', name } }),
  externalKey: (externalKey) => ({ externalKey }),
};

/** Fault 15. */
export const harmlessTexts: Trial = {
  name: 'harmless-texts',
  claim:
    'A text that shows nothing, or hides or reorders what it shows, is refused by the API and in files; honest texts of every script are accepted.',
  async run({ client }) {
    const found = new Findings();
    for (const sign of INVISIBLE)
      for (const text of [sign, sign.repeat(7), `${sign} ${sign}`]) {
        const { status } = await post(client, { title: text });
        found.check(status === 400, `a title of U+${sign.codePointAt(0)?.toString(16)} only is answered ${status}`);
      }
    found.check((await post(client, { title: INVISIBLE.join('') })).status === 400, 'a title of all invisible characters is accepted');
    for (const [field, body] of Object.entries(LINE_FIELDS))
      for (const sign of [...CONTROLS, '\n', '\r', ...(field === 'externalKey' ? [] : ['\v'])]) {
        const made = await post(client, body(`a${sign}b${field === 'externalKey' ? fresh('k') : ''}`));
        if (made.status === 400) continue;
        // What is accepted must be shown without the sign.
        const shown = (await ask(client, 'intake', 'GET', `/v1/tickets/${String(made.body['id'])}`, { as: somebody() })).text;
        const code = `U+${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
        found.check(
          made.status === 201 && !shown.includes(sign) && !shown.includes(`\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
          `${field} with ${code} is answered ${made.status} and shown`,
        );
      }
    for (const sign of CONTROLS) {
      const made = await post(client, { description: `a${sign}b` });
      if (made.status === 400) continue;
      const shown = (await ask(client, 'intake', 'GET', `/v1/tickets/${String(made.body['id'])}`, { as: somebody() })).body['description'];
      found.check(
        made.status === 201 && shown === 'a\nb',
        `a description with U+${sign.charCodeAt(0).toString(16).padStart(4, '0')} is answered ${made.status} and shown`,
      );
    }
    for (const text of ['a\nb', 'a\r\nb', 'a\tb'])
      found.check((await post(client, { description: text })).status === 201, `a description with ${JSON.stringify(text)} is refused`);
    for (const text of HONEST) found.check((await post(client, { title: text })).status === 201, `the title ${text} is refused`);
    const { id } = await create(client);
    const theCase = () => ask(client, 'dispatch', 'GET', `/v1/cases/${id}`, { as: 'mei' });
    await within(20_000, 'dispatch has not opened the case', async () => (await theCase()).status === 200);
    for (const sign of ['\u202e', '\u200b', '\u001b']) {
      const path = `/v1/cases/${id}/actions/cancel`;
      const { status } = await ask(client, 'dispatch', 'POST', path, { as: 'mei', body: { reason: sign } });
      found.check([400, 422].includes(status), `an action with the reason U+${sign.charCodeAt(0).toString(16)} is answered ${status}`);
      const withdrawn = await ask(client, 'intake', 'POST', `/v1/tickets/${id}/withdraw`, { as: somebody(), body: { reason: sign } });
      found.check(
        withdrawn.status === 400,
        `a withdrawal with the reason U+${sign.charCodeAt(0).toString(16)} is answered ${withdrawn.status}`,
      );
    }
    // The same kind in a file; a lone surrogate cannot be written in UTF-8.
    const cells = [
      ...INVISIBLE.filter((s) => !/[ \t]/.test(s)),
      ...CONTROLS.filter((s) => !/[\ud800-\udfff]/.test(s)).map((s) => `a${s}b`),
    ];
    const view = await importFile(
      client,
      `key,title\n${cells.map((c, i) => `T${i},${cell(c)}`).join('\n')}`,
      mapping(fresh('texts'), ['title'], { encoding: 'utf-8' }),
    );
    must(view.state === 'done', `the import failed: ${view.error}`);
    for (const row of await rowsOf(client, view.id)) {
      const text = cells[Number(row.externalKey?.slice(1))] ?? '';
      found.check(
        row.outcome === 'rejected',
        `in a file the title ${JSON.stringify(text)} (U+${(text.codePointAt(text.startsWith('a') ? 1 : 0) ?? 0).toString(16)}) is ${row.outcome}`,
      );
    }
    return found.end('texts');
  },
};

const LONG_ENDS = ['😀', '👨‍👩‍👧‍👦', '🇨🇳', 'e\u0301', '👍🏽', '\u{20000}', '한', 'नि'];

/** Fault 15. */
export const wholeCharacters: Trial = {
  name: 'whole-characters',
  claim: 'Where a text is cut, in the subject of a mail or in an import, no character is split, wherever it stands.',
  async run({ client, stack }) {
    const found = new Findings();
    const cutInside = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\ufffd/;
    const to = `${fresh('cut')}@example.org`;
    let sent = 0;
    for (const sign of LONG_ENDS)
      for (const before of [60, 61, 62, 63, 150, 151, 180, 181, 182, 183, 184, 185, 190, 240, 250, 296]) {
        const title = '长'.repeat(before) + sign.repeat(8);
        if (title.length > 300) continue;
        await create(client, { title, contact: { phone: '13800135678', email: to } });
        sent++;
      }
    await within(60_000, `${sent} receipts have not come`, async () => (await mails()).length >= sent);
    async function mails(): Promise<Record<string, unknown>[]> {
      const all = (await (await fetch(`${stack.mail?.url}/api/messages`)).json()) as Record<string, unknown>[];
      return all.filter((m) => JSON.stringify(m['to']).includes(to));
    }
    for (const mail of await mails()) {
      const text = JSON.stringify(mail);
      found.check(!cutInside.test(JSON.parse(text).subject as string), `the subject ${text.slice(0, 200)} holds half a character`);
      found.check(!cutInside.test(text.replaceAll(/\\[rnt"\\/bf]/g, '')), `a mail holds half a character: ${text.slice(0, 300)}`);
    }
    const rows = LONG_ENDS.flatMap((sign) => [294, 295, 296, 297, 298, 299].map((n) => '长'.repeat(n) + sign.repeat(4)));
    const view = await importFile(
      client,
      `key,title\n${rows.map((t, i) => `W${i},${cell(t)}`).join('\n')}`,
      mapping(fresh('cut'), ['title']),
    );
    must(view.state === 'done', `the import failed: ${view.error}`);
    for (const row of await rowsOf(client, view.id)) {
      if (!row.ticketId) continue;
      const title = String((await ask(client, 'intake', 'GET', `/v1/tickets/${row.ticketId}`, { as: somebody() })).body['title']);
      const whole = [...new Intl.Segmenter().segment(rows[Number(row.externalKey?.slice(1))] ?? '')].map((s) => s.segment);
      const shown = [...new Intl.Segmenter().segment(title.replace(/…$/, ''))].map((s) => s.segment);
      found.check(
        shown.every((s, i) => s === whole[i]),
        `an imported title ends with ${JSON.stringify(title.slice(-6))}`,
      );
    }
    return found.end(`texts, ${sent} of them mails`);
  },
};

const raw = (client: Client, text: string) =>
  ask(client, 'intake', 'POST', '/v1/tickets', { as: somebody(), raw: Buffer.from(text), headers: { 'content-type': 'application/json' } });
const BODY = '{"pack":"starter","type":"complaint","category":"network","title":"x","contact":{"phone":"13800135678"}}';

/** Fault 15: JSON that two readers understand differently. */
export const ambiguousJson: Trial = {
  name: 'ambiguous-json',
  claim: 'A body with a key twice, whatever way it is written and however deep, or that is not one JSON value, is refused.',
  async run({ client }) {
    const found = new Findings();
    must((await raw(client, BODY)).status === 201, 'the plain body is refused');
    const bodies = [
      BODY.replace('{', '{"title":"y",'), BODY.replace(/}$/, ',"title":"y"}'), BODY.replace('{', '{"t\\u0069tle":"y",'), BODY.replace('{', '{"\\u0074\\u0069\\u0074\\u006C\\u0065":"x",'),
      BODY.replace('"phone":', '"phone":"13900000000","phone":'), BODY.replace('"phone":', '"name":"a","n\\u0061me":"b","phone":'), BODY.replace('{', '{"attributes":{"account":"1","account":"2"},'),
      BODY.replace('{', '{"place":{"latitude":1,"latitude":2},'), BODY.replace('{', '{"__proto__":{},"__proto__":{},'), BODY.replace('{', '{"":1,"":2,'), `${BODY}${BODY}`, `${BODY} x`, `[${BODY}]`, 
      BODY.replace('"x"', 'NaN'), BODY.replace('"x"', "'x'"), BODY.replace('}', ',}'), `${BODY}//`, BODY.replace('{', '{"place":{"latitude":0x1F},'), BODY.replace('{', '{"place":{"latitude":01},'), BODY.replace('{', '{"place":{"latitude":"0x1F"},'),
      BODY.replace('{', '{"place":{"latitude":1e999},'), BODY.replace('{', '{"place":{"latitude":90.0000001},'), BODY.replace('{', '{"place":{"longitude":-180.5},'), BODY.replace('{', '{"place":{"latitude":null},'), BODY.replace('"x"', '"\\ud800"'), '', 'null', '"x"', '1',
    ]; // prettier-ignore
    for (const body of bodies) {
      const answer = await raw(client, body);
      found.check(answer.status === 400, `${body.slice(0, 120)} is answered ${answer.status} ${answer.text.slice(0, 80)}`);
    }
    const cells = [
      '0x1F',
      '0b1',
      '1_000',
      '１２',
      '',
      ' ',
      'NaN',
      'Infinity',
      '1e999',
      '91',
      '1,5',
      '--1',
      '1e',
      '39.9°',
      '0o7',
      '+-1',
      '1 2',
    ];
    const view = await importFile(
      client,
      `key,place.latitude\n${cells.map((c, i) => `L${i},${cell(c)}`).join('\n')}`,
      mapping(fresh('geo'), ['place.latitude']),
    );
    must(view.state === 'done', `the import failed: ${view.error}`);
    for (const row of await rowsOf(client, view.id)) {
      const text = cells[Number(row.externalKey?.slice(1))] ?? '';
      if (text.trim() === '') found.check(row.outcome === 'created', 'an empty latitude is rejected');
      else found.check(row.outcome === 'rejected', `the latitude ${JSON.stringify(text)} of a file is ${row.outcome}`);
    }
    return found.end('bodies and cells');
  },
};
