import { nextOccurrences, settingOf } from '@gongdan/packs';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { folderOf } from '../commands/pack.js';
import { packOnDisk } from './packs-on-disk.js';
import { type Speech } from './texts.js';
import { instantOf, localOf } from './try/instants.js';
import { parsed, type Verb } from './verb.js';

const MOST = 200;

/** When the plans of a pack occur, before anybody publishes it. */
export const plans: Verb = {
  usage: 'plans <folder> [--after 2026-03-01] [--count 5]',
  about: 'plans.about',
  run(args, speech) {
    const { values, positionals } = parsed(plans, args, speech, { after: 'string', count: 'string' });
    const { pack } = packOnDisk(folderOf(positionals[0] ?? ''), speech);
    const after = values.after === undefined ? Date.now() : instantOf(pack, 0, values.after);
    if (after === undefined) throw new Error(speech.say('plans.after'));
    const count = Number(values.count ?? 5);
    if (!(Number.isInteger(count) && count > 0 && count <= MOST)) throw new Error(speech.say('plans.count', { n: MOST }));
    for (const line of planLines(pack, speech, after, count)) console.log(line);
  },
};

/** One line for each plan and one for each of its next occurrences, with the weekday, in the zone of the pack. */
export function planLines(pack: PackFormat2, speech: Speech, after: number, count: number): string[] {
  const all = pack.intake.plans ?? [];
  if (all.length === 0) return [speech.say('plans.none')];
  const weekday = new Intl.DateTimeFormat(speech.lang, { timeZone: pack.pack.zone, weekday: 'short' });
  return all.flatMap((plan) => {
    const found = nextOccurrences(plan, settingOf(pack), after, count);
    return [
      `${plan.key}  ${plan.names[speech.lang]}`,
      ...found.map((at) => `  ${localOf(pack, new Date(at).toISOString())} ${weekday.format(at)}`),
      ...(found.length < count ? [`  ${speech.say('plans.over')}`] : []),
    ];
  });
}
