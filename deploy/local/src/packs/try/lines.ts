import { type FormField } from '@gongdan/packs/format2';
import { type Speech } from '../texts.js';

/** A line that cannot be carried out; its message is for the person who wrote it. */
export class Misunderstood extends Error {}

export interface Line {
  verb: string;
  values: Record<string, string>;
  as?: string;
  task?: number;
}

/** `verb key=value key="a value" as person`; undefined for an empty line or a comment. */
export function parse(text: string, speech: Speech): Line | undefined {
  const words = text.replace(/^\s*#.*$/, '').match(/[^\s"=]+="(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const [verb, ...rest] = words;
  if (verb === undefined) return undefined;
  const line: Line = { verb, values: {} };
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    const next = rest[i + 1];
    if (word === 'as' && next !== undefined) [line.as, i] = [next, i + 1];
    else {
      const [key = '', ...value] = word.split('=');
      const given = value.join('=');
      if (key === 'task' && /^\d+$/.test(given)) line.task = Number(given);
      else if (value.length > 0) line.values[key] = given.startsWith('"') ? (json(given, word, speech) as string) : given;
      else if (verb !== 'event' && verb !== 'wait') throw new Misunderstood(speech.say('try.word', { word }));
    }
  }
  return line;
}

/** What a form gets for a value as it was typed. */
export function valueOf(field: FormField | undefined, text: string, speech: Speech): unknown {
  if (text.startsWith('{') || text.startsWith('[')) return json(text, text, speech);
  if (field?.type === 'number' || field?.type === 'money') return Number(text);
  if (field?.type === 'boolean') return text === 'true' || text === 'yes' ? true : text === 'false' || text === 'no' ? false : text;
  if (field?.type === 'choices' || field?.type === 'units') return text.split(',');
  return text;
}

function json(text: string, word: string, speech: Speech): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Misunderstood(speech.say('try.value', { word }), { cause });
  }
}
