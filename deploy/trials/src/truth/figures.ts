import { must, type Trial, within } from '../trial.js';
import { ask, create, Findings, READER } from './desk.js';
import { operations, pathWith } from './filters.js';

interface Fresh {
  asOf: string;
  complete: boolean;
  incompleteBecause: string[];
}
interface Stats extends Fresh {
  zone: string;
  items: { key: string | null; total: number }[];
}

/** Fault 17. Run last: it empties the tables of reporting. */
export const rebuiltFigures: Trial = {
  name: 'rebuilt-figures',
  claim:
    'While reporting is rebuilt no answer that lacks tickets is called complete; the zone of the pack is in the answer; an unknown attribute is 400.',
  async run({ client }) {
    const found = new Findings();
    for (let i = 0; i < 5; i++) await create(client);
    const stats = (query = '') => ask<Stats>(client, 'reporting', 'GET', `/v1/stats${query}`, { as: READER });
    const total = async (): Promise<number> => (await stats()).body.items[0]?.total ?? 0;
    let whole = 0;
    await within(30_000, 'the figures do not settle', async () => {
      whole = await total();
      await new Promise((wake) => setTimeout(wake, 700));
      return whole === (await total());
    });
    found.check(
      (await stats('?by=day')).body.zone === 'Asia/Shanghai',
      `days are counted in ${(await stats('?by=day')).body.zone} and not in the zone of the pack`,
    );
    found.check((await stats('?by=day&zone=PRC')).body.zone !== undefined, 'the answer does not name its zone');
    for (const by of ['attribute.nosuch', 'attribute.', 'attribute.constructor', 'nosuch', 'title', 'contact', 'org', 'id'])
      found.check((await stats(`?by=${by}`)).status === 400, `by=${by} is answered ${(await stats(`?by=${by}`)).status}`);
    found.check((await stats('?by=attribute.account')).status === 200, 'by=attribute.account is refused');
    await client.must('reporting', 'POST', '/v1/rebuild', { as: 'root', body: {} });
    let incomplete = 0;
    let answers = 0;
    for (const end = performance.now() + 30_000; performance.now() < end;) {
      const [figures, search, csv] = await Promise.all([
        stats(),
        ask<Fresh & { items: unknown[] }>(client, 'reporting', 'GET', '/v1/search?limit=200', { as: READER }),
        ask(client, 'reporting', 'GET', '/v1/export.csv', { as: READER }),
      ]);
      answers++;
      const now = figures.body.items[0]?.total ?? 0;
      found.check(
        !Number.isNaN(Date.parse(figures.body.asOf)) &&
          !Number.isNaN(Date.parse(search.body.asOf)) &&
          csv.headers.get('x-gongdan-as-of') !== null,
        'an answer lacks asOf',
      );
      found.check(now >= whole || !figures.body.complete, `${now} of ${whole} tickets are called complete`);
      found.check(
        search.body.items.length >= Math.min(whole, 200) || !search.body.complete,
        `a search finds ${search.body.items.length} of ${whole} tickets and is called complete`,
      );
      found.check(
        csv.text.split('\n').length > whole || csv.headers.get('x-gongdan-complete') === 'false',
        'an export with fewer lines than tickets is called complete',
      );
      if (!figures.body.complete) incomplete++;
      if (incomplete > 0 && now >= whole && !figures.body.incompleteBecause.includes('rebuild')) break;
    }
    found.check(incomplete > 0, 'no answer during the rebuild was called incomplete');
    found.check((await total()) >= whole, `after the rebuild ${await total()} of ${whole} tickets are there`);
    return found.end(`checks, ${incomplete} of ${answers} answers were incomplete`);
  },
};

const listOf = (body: unknown): unknown[] | undefined => {
  if (Array.isArray(body)) return body;
  const { items, history } = (body ?? {}) as { items?: unknown[]; history?: unknown[] };
  return items ?? history;
};

/** Fault 17. */
export const honouredLimits: Trial = {
  name: 'honoured-limits',
  claim: 'Each documented list takes its limit: never more items, the next page has other ones, and a limit of another kind is 400.',
  async run({ client }) {
    const found = new Findings();
    const { id } = await create(client);
    for (let i = 0; i < 4; i++) await create(client);
    await new Promise((wake) => setTimeout(wake, 2_000));
    const lists = operations().filter((o) => o.method === 'GET' && o.parameters.some((p) => p.name === 'limit'));
    must(lists.length >= 12, `only ${lists.length} lists have a limit`);
    let filled = 0;
    for (const o of lists) {
      const base = pathWith(o, o.path.startsWith('/v1/queues') ? 'unit' : 'id', o.path.startsWith('/v1/queues') ? 'network' : id);
      const page = (query: string) => ask(client, o.service, 'GET', `${base}?${query}`, { as: 'root' });
      const where = `${o.service} ${o.path}`;
      for (const limit of [1, 2]) {
        const answer = await page(`limit=${limit}${o.path === '/v1/stats' ? '&by=category' : ''}`);
        if (answer.status === 404) continue;
        const items = listOf(answer.body);
        found.check(
          answer.status === 200 && items !== undefined && items.length <= limit,
          `${where}?limit=${limit} is answered ${answer.status} with ${items?.length} items`,
        );
        if (items?.length === limit) filled++;
        const next = (answer.body as { next?: string | null }).next;
        if (typeof next !== 'string') continue;
        const second = listOf((await page(`limit=${limit}&cursor=${encodeURIComponent(next)}`)).body) ?? [];
        const seen = new Set(items?.map((item) => JSON.stringify(item)));
        found.check(
          second.every((item) => !seen.has(JSON.stringify(item))),
          `${where}: the second page repeats an item of the first`,
        );
      }
      const most = o.parameters.find((p) => p.name === 'limit')?.schema.maximum ?? 0;
      for (const limit of ['0', '-1', '1.5', 'x', '', '1e9', String(most + 1), '1&limit=2']) {
        const answer = await page(`limit=${limit}`);
        found.check([400, 404].includes(answer.status), `${where}?limit=${limit} is answered ${answer.status}`);
      }
    }
    must(filled >= 10, `only ${filled} pages were full: the limits test nothing`);
    return found.end(`checks of ${lists.length} lists`);
  },
};
