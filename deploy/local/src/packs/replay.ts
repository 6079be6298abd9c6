import { type Outcome, type Rejudged } from '@gongdan/engine';
import { Client, reasonOf } from '../clients/client.js';
import { table } from '../commands/command.js';
import { folderOf } from '../commands/pack.js';
import { packOnDisk } from './packs-on-disk.js';
import { type Speech } from './texts.js';
import { parsed, type Verb } from './verb.js';

/** A decision that the draft would have made otherwise, or of which that cannot be said. */
export type Item = Exclude<Rejudged, { verdict: 'same' }> & { number: string; no: number; table: string; at: string };

export interface RuleTotal {
  table: string;
  rule: string;
  before: number;
  after: number;
  moved: number;
  undecidable: number;
}

interface Page {
  judged: number;
  withoutTable: number;
  items: Item[];
  rules: RuleTotal[];
  next: string | null;
}

const PAGE = 5_000;

export const replay: Verb = {
  usage: 'replay <folder> [--from instant] [--to instant] [--limit n] [--as person] [--json]',
  about: 'replay.about',
  details: 'replay.details',
  async run(args, speech) {
    const { values, positionals } = parsed(replay, args, speech, {
      from: 'string',
      to: 'string',
      limit: 'string',
      as: 'string',
      json: 'boolean',
    });
    const { pack } = packOnDisk(folderOf(positionals[0] ?? ''), speech);
    if (pack.routing === undefined) throw new Error(speech.say('replay.noRouting'));
    const limit = values.limit === undefined ? Infinity : Number(values.limit);
    if (values.limit !== undefined && !/^[1-9]\d{0,8}$/.test(values.limit)) throw new Error(speech.say('replay.number'));
    const body = {
      pack: pack.pack.key,
      routing: pack.routing,
      ...(values.from === undefined ? {} : { from: instantOf('--from', values.from, speech) }),
      ...(values.to === undefined ? {} : { to: instantOf('--to', values.to, speech) }),
    };
    const out = values.json ? new JsonPrinter() : new TextPrinter(speech);
    const totals = new Totals();
    const client = Client.running();
    let left = limit;
    for (let cursor: string | null | undefined; cursor !== null && left > 0;) {
      const size = Math.min(PAGE, left);
      const answer = await client.call<Page>('dispatch', 'POST', '/v1/routing/replay', {
        as: values.as ?? 'root',
        body: { ...body, limit: size, ...(cursor === undefined ? {} : { cursor }) },
      });
      if (answer.status >= 300) throw new Error(reasonOf(answer.body as object, answer.text));
      out.items(answer.body.items);
      totals.add(answer.body);
      left -= size;
      cursor = answer.body.next;
    }
    out.end(totals);
  },
};

function instantOf(option: string, text: string, speech: Speech): string {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new Error(speech.say('replay.instant', { option }));
  return new Date(at).toISOString();
}

/** What all pages say together. */
export class Totals {
  judged = 0;
  withoutTable = 0;
  moved = 0;
  undecidable = 0;
  private readonly byRule = new Map<string, RuleTotal>();

  add(page: Pick<Page, 'judged' | 'withoutTable' | 'rules'>): void {
    this.judged += page.judged;
    this.withoutTable += page.withoutTable;
    for (const { table: of, rule, before, after, moved, undecidable } of page.rules) {
      const t = this.byRule.get(`${of} ${rule}`) ?? { table: of, rule, before: 0, after: 0, moved: 0, undecidable: 0 };
      this.byRule.set(`${of} ${rule}`, t);
      t.before += before;
      t.after += after;
      t.moved += moved;
      t.undecidable += undecidable;
      this.moved += moved;
      this.undecidable += undecidable;
    }
  }

  get rules(): RuleTotal[] {
    return [...this.byRule.values()];
  }
}

/** One JSON object, written as it comes: a replay of many tickets is never held whole. */
class JsonPrinter {
  private first = true;

  items(items: readonly Item[]): void {
    for (const item of items) {
      console.log(`${this.first ? '{"items":[' : ','}${JSON.stringify(item)}`);
      this.first = false;
    }
  }

  end({ judged, withoutTable, moved, undecidable, rules }: Totals): void {
    const rest = JSON.stringify({ judged, withoutTable, moved, undecidable, rules });
    console.log(`${this.first ? '{"items":[' : ''}],${rest.slice(1)}`);
  }
}

class TextPrinter {
  constructor(private readonly speech: Speech) {}

  items(items: readonly Item[]): void {
    for (const item of items) console.log(lineOf(item, this.speech));
  }

  end(totals: Totals): void {
    const { speech } = this;
    const { judged, moved, undecidable, withoutTable, rules } = totals;
    if (rules.length > 0) {
      const head = (['table', 'rule', 'before', 'after', 'gone', 'unknown'] as const).map((c) => speech.say(`replay.${c}`));
      console.log(
        `\n${speech.say('replay.totals')}\n${table([head, ...rules.map((r) => [r.table, r.rule, r.before, r.after, r.moved, r.undecidable])])}\n`,
      );
    }
    console.log(speech.say('replay.sum', { judged, moved, undecidable, same: judged - moved - undecidable }));
    if (withoutTable > 0) console.log(speech.say('replay.withoutTable', { n: withoutTable }));
  }
}

/** A line of the list: number, who got it by which row, who would have, and the facts of both rows. */
export function lineOf(item: Item, speech: Speech): string {
  const { number, was } = item;
  if (item.verdict === 'undecidable')
    return speech.say('replay.undecidable', { number, was: holderOf(was, speech), missing: item.missing.join(', ') });
  const facts = Object.entries(item.facts).map(
    ([name, value]) => `${name}=${Array.isArray(value) ? value.join('|') : String(value ?? '-')}`,
  );
  return speech.say('replay.moved', { number, was: holderOf(was, speech), would: holderOf(item.would, speech), facts: facts.join(' ') });
}

function holderOf({ rule, unit, role, person, somebody }: Outcome, speech: Speech): string {
  const names = [...(person === undefined ? [] : [person]), ...(role === undefined ? [] : [role]), ...(unit === undefined ? [] : [unit])];
  const holder = somebody === true ? speech.say('replay.somebody', { unit: unit ?? '' }) : names.join(' / ');
  if (holder === '') return speech.say('replay.nobody');
  return rule === undefined ? holder : speech.say('replay.row', { holder, rule });
}
