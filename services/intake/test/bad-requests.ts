import iconv from 'iconv-lite';
import { aTicket } from './intake-service.js';

export interface BadRequest {
  body?: unknown;
  raw?: string | Uint8Array;
  type?: string;
  headers?: Record<string, string>;
  method?: string;
  path?: string;
  status: number;
  code: string;
  /** Pointers that the answer must have, among others. */
  at?: string[];
}

const json = (text: string): Pick<BadRequest, 'raw' | 'type'> => ({ raw: text, type: 'application/json' });
const ticketText = (more: string): string => `${JSON.stringify(aTicket()).slice(0, -1)},${more}}`;
const wrong = (field: string, value: unknown, pointer = `/${field}`): [string, BadRequest] => [
  `${field} = ${JSON.stringify(value).slice(0, 40)}`,
  { body: aTicket({ [field]: value }), status: 400, code: 'platform/invalid-input', at: [pointer] },
];
const without = (field: string): [string, BadRequest] => [
  `no ${field}`,
  { body: aTicket({ [field]: undefined }), status: 400, code: 'platform/invalid-input', at: [`/${field}`] },
];
/** Words of the pack: without them the request is well formed, and the ticket does not fit. */
const outside = (field: string): [string, BadRequest] => [
  `no ${field}`,
  { body: aTicket({ [field]: undefined }), status: 422, code: 'intake/not-in-pack', at: [`/${field}`] },
];
const malformed = (name: string, raw: string | Uint8Array, type = 'application/json'): [string, BadRequest] => [
  name,
  { raw, type, status: 400, code: 'platform/malformed-json', at: [''] },
];
const deep = (n: number): string => `${'['.repeat(n)}${']'.repeat(n)}`;

/** Registrations that are refused. */
export const bodies: [string, BadRequest][] = [
  malformed('broken JSON', '{"type":"complaint",'),
  malformed('an empty body', ''),
  malformed('a text that is not JSON', 'type=complaint'),
  malformed('NaN', '{"type":NaN}'),
  malformed('two documents', '{}{}'),
  malformed('a byte order mark and nothing', '\uFEFF'),
  [
    'UTF-16',
    {
      raw: Buffer.from(`\uFEFF${JSON.stringify(aTicket())}`, 'utf16le'),
      type: 'application/json',
      status: 400,
      code: 'platform/not-utf8',
      at: [''],
    },
  ],
  malformed('__proto__', ticketText('"__proto__":{"admin":true}')),
  malformed('__proto__ below', ticketText('"attributes":{"__proto__":{"admin":true}}')),
  malformed('constructor.prototype', ticketText('"constructor":{"prototype":{"admin":true}}')),
  [
    'bytes that are not UTF-8',
    {
      raw: Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
      type: 'application/json',
      status: 400,
      code: 'platform/not-utf8',
      at: [''],
    },
  ],
  [
    'GBK bytes that claim to be UTF-8',
    {
      raw: iconv.encode(JSON.stringify(aTicket({ title: '没有信号' })), 'gbk'),
      type: 'application/json',
      status: 400,
      code: 'platform/not-utf8',
    },
  ],
  [
    'charset=gbk',
    {
      raw: iconv.encode(JSON.stringify(aTicket()), 'gbk'),
      type: 'application/json; charset=gbk',
      status: 415,
      code: 'platform/media-type',
    },
  ],
  ['text/plain', { raw: JSON.stringify(aTicket()), type: 'text/plain', status: 415, code: 'platform/media-type' }],
  ['XML', { raw: '<ticket/>', type: 'application/xml', status: 415, code: 'platform/media-type' }],
  ['a CSV file', { raw: 'type,category\ncomplaint,network', type: 'text/csv', status: 415, code: 'platform/media-type' }],
  ['bytes of any kind', { raw: Buffer.from([0, 1, 2, 255]), type: 'application/octet-stream', status: 415, code: 'platform/media-type' }],
  ['a form', { raw: 'type=complaint', type: 'application/x-www-form-urlencoded', status: 415, code: 'platform/media-type' }],
  ['2 MB', { ...json(JSON.stringify(aTicket({ description: 'x'.repeat(2_000_000) }))), status: 413, code: 'platform/body-too-large' }],
  ['depth 10,000 in a property', { ...json(ticketText(`"attributes":{"a":${deep(10_000)}}`)), status: 400, code: 'platform/too-deep' }],
  ['depth 10,000 in place of the body', { ...json(deep(10_000)), status: 400, code: 'platform/too-deep' }],
  ['an array for an object', { body: [aTicket()], status: 400, code: 'platform/invalid-input', at: [''] }],
  ['null', { body: null, status: 400, code: 'platform/invalid-input', at: [''] }],
  ['a string', { body: 'ticket', status: 400, code: 'platform/invalid-input', at: [''] }],
  ['1e400', { ...json(ticketText('"place":{"latitude":1e400}')), status: 400, code: 'platform/invalid-input', at: ['/place/latitude'] }],
  [
    '1e400 as an attribute',
    { ...json(ticketText('"attributes":{"n":-1e400}')), status: 400, code: 'platform/invalid-input', at: ['/attributes/n'] },
  ],
  [
    'a lone surrogate',
    { ...json(ticketText('"place":{"address":"half \\ud83d"}')), status: 400, code: 'platform/invalid-input', at: ['/place/address'] },
  ],
  [
    'a lone surrogate in a key',
    { ...json(ticketText('"attributes":{"\\ude00":1}')), status: 400, code: 'platform/invalid-input', at: ['/attributes/\ude00'] },
  ],
  ['an unknown property', { body: aTicket({ number: 'GD1' }), status: 400, code: 'platform/invalid-input', at: ['/number'] }],
  [
    'an unknown property below',
    {
      body: aTicket({ contact: { phone: '13800135678', 'a/b~c': 1 } }),
      status: 400,
      code: 'platform/invalid-input',
      at: ['/contact/a~1b~0c'],
    },
  ],
  [
    'every mistake at once',
    {
      body: { type: 1, contact: { email: 'x' }, language: 'fr' },
      status: 400,
      code: 'platform/invalid-input',
      at: ['/type', '/title', '/contact/email', '/language'],
    },
  ],
  [
    'more than 100 attributes',
    {
      body: aTicket({ attributes: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`a${i}`, 1])) }),
      status: 400,
      code: 'platform/invalid-input',
      at: ['/attributes'],
    },
  ],
  wrong('title', 42),
  wrong('title', ''),
  wrong('title', '   '),
  wrong('title', 'two\nlines'),
  wrong('title', 'NUL \u0000'),
  wrong('title', 'x'.repeat(301)),
  wrong('title', Array<number>(1_000).fill(1)),
  [
    'a list of 100,000 numbers',
    { body: aTicket({ title: Array<number>(100_000).fill(1) }), status: 400, code: 'platform/too-many-values' },
  ],
  ['a property twice', { ...json(ticketText('"title":"again"')), status: 400, code: 'platform/duplicate-key', at: ['/title'] }],
  wrong('title', '\u200b\u3164\u2800\u00ad'),
  wrong('title', 'left \u202e right'),
  wrong('description', 'escape \u001b[31m'),
  wrong('description', 'NUL \u0000'),
  wrong('description', { $gt: '' }),
  wrong('type', null),
  wrong('type', ['complaint']),
  wrong('language', 'zh'),
  wrong('contact', 'li@example.org'),
  wrong('contact', { phone: 'call me' }, '/contact/phone'),
  wrong('contact', { phone: '13800135678', email: 'li@' }, '/contact/email'),
  wrong('place', { latitude: 90.5 }, '/place/latitude'),
  wrong('place', { latitude: '31.2' }, '/place/latitude'),
  wrong('attributes', { a: { b: 1 } }, '/attributes/a'),
  wrong('attributes', { a: 'NUL \u0000' }, '/attributes/a'),
  wrong('externalKey', ''),
  outside('type'),
  outside('category'),
  without('title'),
  [
    'a category that is not in the pack',
    { body: aTicket({ category: "x'; drop table tickets; --" }), status: 422, code: 'intake/not-in-pack', at: ['/category'] },
  ],
  ['Object.prototype for a pack', { body: aTicket({ pack: 'constructor' }), status: 422, code: 'intake/no-pack', at: ['/pack'] }],
  [
    'no contact, which the pack requires',
    { body: aTicket({ contact: undefined }), status: 422, code: 'intake/not-in-pack', at: ['/contact/phone'] },
  ],
  [
    'an attribute that is not in the pack',
    { body: aTicket({ attributes: { account: 'A', 'a/b': 'x' } }), status: 422, code: 'intake/not-in-pack', at: ['/attributes/a~1b'] },
  ],
  [
    'an attribute of another type',
    { body: aTicket({ attributes: { account: 1 } }), status: 422, code: 'intake/not-in-pack', at: ['/attributes/account'] },
  ],
  [
    'an Idempotency-Key of 8,000 characters',
    {
      body: aTicket(),
      headers: { 'idempotency-key': `"${'k'.repeat(8_000)}"` },
      status: 400,
      code: 'intake/bad-idempotency-key',
      at: ['Idempotency-Key'],
    },
  ],
];

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
/** Other requests that are refused. */
export const elsewhere: [string, BadRequest][] = [
  ['an id that is not a UUID', { method: 'GET', path: '/v1/tickets/42', status: 404, code: 'platform/no-such-thing' }],
  [
    'SQL in the path',
    { method: 'GET', path: `/v1/tickets/${encodeURIComponent("' or '1'='1")}`, status: 404, code: 'platform/no-such-thing' },
  ],
  ['NUL in the path', { method: 'GET', path: '/v1/tickets/%00', status: 404, code: 'platform/no-such-thing' }],
  ['a path that does not decode', { method: 'GET', path: '/v1/tickets/%zz', status: 400, code: 'platform/bad-url' }],
  ['NUL in a public number', { method: 'GET', path: '/v1/public/acme/tickets/%00?tail=1234', status: 404, code: 'intake/no-such-ticket' }],
  [
    'SQL in a public number',
    {
      method: 'GET',
      path: `/v1/public/acme/tickets/${encodeURIComponent("' or 1=1 --")}?tail=1234`,
      status: 404,
      code: 'intake/no-such-ticket',
    },
  ],
  ['an invalid cursor', { method: 'GET', path: '/v1/tickets?cursor=abc', status: 400, code: 'platform/bad-cursor', at: ['?cursor'] }],
  [
    'a cursor of another list',
    {
      method: 'GET',
      path: `/v1/tickets?cursor=${Buffer.from(JSON.stringify(['x', ID])).toString('base64url')}`,
      status: 400,
      code: 'platform/bad-cursor',
      at: ['?cursor'],
    },
  ],
  ['limit=1e9', { method: 'GET', path: '/v1/tickets?limit=1e9', status: 400, code: 'platform/invalid-input', at: ['?limit'] }],
  ['limit=0', { method: 'GET', path: '/v1/tickets?limit=0', status: 400, code: 'platform/invalid-input', at: ['?limit'] }],
  ['limit=ten', { method: 'GET', path: '/v1/tickets?limit=ten', status: 400, code: 'platform/invalid-input', at: ['?limit'] }],
  ['an unknown state', { method: 'GET', path: '/v1/tickets?state=open', status: 400, code: 'platform/invalid-input', at: ['?state'] }],
  ['a filter twice', { method: 'GET', path: '/v1/tickets?type=a&type=b', status: 400, code: 'platform/invalid-input', at: ['?type'] }],
  ['an unknown filter', { method: 'GET', path: '/v1/tickets?where=1', status: 400, code: 'platform/invalid-input', at: ['?where'] }],
  [
    'an impossible date',
    { method: 'GET', path: '/v1/tickets?from=2024-02-30T00:00:00Z', status: 400, code: 'platform/invalid-input', at: ['?from'] },
  ],
  [
    'a year that Postgres does not have',
    { method: 'GET', path: '/v1/tickets?from=0000-01-01T00:00:00Z', status: 400, code: 'platform/invalid-input', at: ['?from'] },
  ],
  [
    'a bad If-Match',
    {
      method: 'PATCH',
      path: `/v1/tickets/${ID}`,
      body: { title: 'x' },
      headers: { 'if-match': 'v1' },
      status: 400,
      code: 'platform/bad-if-match',
      at: ['If-Match'],
    },
  ],
  ['an empty change', { method: 'PATCH', path: `/v1/tickets/${ID}`, body: {}, status: 400, code: 'platform/invalid-input', at: [''] }],
  [
    'a change of the number',
    {
      method: 'PATCH',
      path: `/v1/tickets/${ID}`,
      body: { number: 'x', title: 'x' },
      status: 400,
      code: 'platform/invalid-input',
      at: ['/number'],
    },
  ],
  [
    'a withdrawal without a reason',
    { method: 'POST', path: `/v1/tickets/${ID}/withdraw`, body: {}, status: 400, code: 'platform/invalid-input', at: ['/reason'] },
  ],
  ['a missing body', { method: 'POST', path: `/v1/tickets/${ID}/withdraw`, status: 400, code: 'platform/invalid-input', at: [''] }],
  ['a method not allowed', { method: 'DELETE', path: `/v1/tickets/${ID}`, status: 405, code: 'platform/method-not-allowed' }],
  ['an unknown route', { method: 'GET', path: '/v1/nothing', status: 404, code: 'platform/no-such-route' }],
  [
    'an import without pack and mapping',
    { path: '/v1/imports', body: {}, status: 400, code: 'platform/invalid-input', at: ['/pack', '/mapping'] },
  ],
  [
    'an invalid mapping',
    {
      path: '/v1/imports',
      body: { pack: 'starter', mapping: { fields: { 'contact.pet': { const: 1 } } } },
      status: 400,
      code: 'packs/invalid-mapping',
    },
  ],
  ['a file that is JSON', { method: 'PUT', path: `/v1/imports/${ID}/file`, body: {}, status: 404, code: 'intake/no-such-import' }],
  [
    'an invalid token',
    { method: 'GET', path: '/v1/tickets', headers: { authorization: 'Bearer x.y.z' }, status: 401, code: 'platform/bad-token' },
  ],
  [
    'basic authentication',
    { method: 'GET', path: '/v1/tickets', headers: { authorization: 'Basic cm9vdDpyb290' }, status: 401, code: 'platform/no-token' },
  ],
];
