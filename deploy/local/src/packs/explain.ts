import { keysAfter, outlineOf, type OutlineRow, partSchemas, type SchemaPart } from '@gongdan/packs';
import { parsed, type Verb } from './verb.js';
import { type Speech } from './texts.js';

/** A meaning that is longer stands on lines of its own. */
const WIDTH = 100;

/** Prints the keys of a part, or of a place in it, with what each holds and means: what the JSON Schemas say, for people without an editor that reads them. */
export const explain: Verb = {
  usage: 'explain [part[.key…]]',
  about: 'explain.about',
  details: 'explain.details',
  run(args, speech) {
    const { positionals } = parsed(explain, args, speech, {}, 'none');
    const schemas = partSchemas();
    const [part = '', ...path] = (positionals[0] ?? '').replace(/\.yaml\b/, '').split(/[./]/).filter((p) => p !== '' && !/^\d+$/.test(p)); // prettier-ignore
    if (part === '') {
      for (const [name, schema] of Object.entries(schemas))
        console.log(`${name.padEnd(18)}${textOf(outlineOf(schema, [])?.words, speech)}`);
      console.log(`\n${speech.say('explain.next')}`);
      return;
    }
    if (!Object.hasOwn(schemas, part)) throw new Error(speech.say('schema.none', { part, list: Object.keys(schemas).join(', ') }));
    const schema = schemas[part as SchemaPart];
    const outline = outlineOf(schema, path);
    if (outline === undefined) {
      const known = path.findIndex((_, i) => outlineOf(schema, path.slice(0, i + 1)) === undefined);
      const above = path.slice(0, known);
      throw new Error(
        speech.say('explain.none', { key: path[known] ?? '', of: [part, ...above].join('.'), list: keysAfter(schema, above).join(', ') }),
      );
    }
    const here = [part, ...path].join('.');
    console.log(`${here}${outline.forms.length > 0 ? '' : `  ${outline.holds}`}\n${textOf(outline.words, speech)}`);
    for (const rows of outline.forms) console.log(`\n${rows.map((row) => lineOf(row, widest(rows), speech)).join('\n')}`);
    const below = outline.forms.flat().find((row) => row.more && row.holds.includes('{ … }'));
    if (outline.forms.length > 0) console.log(`\n${speech.say('explain.star')}${below === undefined ? '' : speech.say('explain.more', { path: `${here}.${below.key}` })}`); // prettier-ignore
  },
};

function textOf(words: readonly [zh: string, en: string] | undefined, { lang }: Speech): string {
  return words?.[lang === 'zh-CN' ? 0 : 1] ?? '';
}

const widest = (rows: readonly OutlineRow[]): number => Math.max(...rows.map((r) => r.key.length + (r.required ? 2 : 0))) + 2;

function lineOf({ key, required, holds, words }: OutlineRow, width: number, speech: Speech): string {
  const head = `  ${`${key}${required ? ' *' : ''}`.padEnd(width)}`;
  const text = textOf(words, speech);
  return head.length + holds.length + text.length < WIDTH ? `${head}${holds}  ${text}` : `${head}${holds}\n${' '.repeat(width + 4)}${text}`;
}
