import { PackFormat2, SampleDirectory } from '../format2/index.js';
import { type Located } from '../located.js';
import { catalogueAndIntake, directoryMistakes } from './parts/catalogue.js';
import { contextOf } from './context.js';
import { endingMistakes } from './process/endings.js';
import { formMistakes } from './parts/forms.js';
import { graphMistakes } from './process/graph.js';
import { loopMistakes } from './process/loops.js';
import { neverOpenedMistakes } from './process/never-opened.js';
import { planMistakes } from './parts/plans.js';
import { processMistakes2 } from './process/process.js';
import { isOfText, salvage } from './salvage.js';
import { scenarioMistakes2 } from './parts/scenarios.js';
import { shapeMistakes } from './shape.js';
import { sizeMistakes } from './sizes.js';
import { clockMistakes, noticeMistakes } from './parts/services.js';
import { staffMistakes } from './process/staff.js';
import { tableMistakes } from './conditions/tables.js';
import { textMistakes } from './parts/texts.js';

export interface Beside {
  /** The sample directory, where there is one: scenarios and units are compared with it. */
  directory?: unknown;
  /** Parts whose text could not be read whole: what they declare is unknown. */
  broken?: ReadonlySet<string>;
}

/**
 * Every mistake of a format-2 pack at once: those of shape, and those of names and rules in all that has the right shape. Paths begin with the part.
 * The time is linear in the size of the pack but for tables, whose comparison is bounded.
 */
export function checkFormat2(json: Record<string, unknown>, { directory, broken = new Set() }: Beside = {}): Located[] {
  const parsed = PackFormat2.safeParse(json);
  const shape = parsed.success
    ? []
    : shapeMistakes(parsed.error.issues, json).filter((l) => !(l.path.length === 1 && json[String(l.path[0])] === undefined));
  const people = SampleDirectory.safeParse(directory);
  const ofDirectory =
    directory === undefined || people.success
      ? []
      : shapeMistakes(people.error.issues, directory, SampleDirectory).map((l) => ({ ...l, path: ['sample-directory', ...l.path] }));
  const left = parsed.success
    ? { pack: parsed.data, lost: new Set<string>(), original: (path: readonly PropertyKey[]) => [...path] }
    : salvage(json);
  if (left === undefined) return [...shape, ...ofDirectory];
  const sizes = sizeMistakes(left.pack);
  if (sizes.length > 0) return [...shape, ...ofDirectory, ...sizes];
  const lost = new Set([...left.lost, ...broken]);
  const damaged = new Set(shape.flatMap(({ path }) => (path[0] === 'process' && path[1] === 'actions' ? [String(path[2])] : [])));
  const context = contextOf(left.pack, json, lost, people.success ? people.data : undefined, damaged);
  const ofProcess = shape.filter((l) => l.path[0] === 'process' && !isOfText(l.path));
  const whole = !lost.has('process') && !lost.has('forms') && ofProcess.length === 0;
  const named = [
    ...catalogueAndIntake(context),
    ...planMistakes(context),
    ...(people.success ? [...directoryMistakes(context, people.data), ...staffMistakes(context, people.data)] : []),
    ...formMistakes(context),
    ...processMistakes2(context),
    ...tableMistakes(context),
    ...clockMistakes(context),
    ...noticeMistakes(context),
    ...scenarioMistakes2(context),
    ...textMistakes(left.pack),
  ];
  const seen = new Set(shape.map((l) => l.path.join('/')));
  const names = named
    .filter((l) => !lost.has(String(l.path[0])))
    .map((l) => ({ ...l, path: left.original(l.path) }))
    .filter((l) => !seen.has(l.path.join('/')) && !followsFrom(l, shape));
  // The graph is judged when every step and action that is drawn in it could be read: a lost exit would be reported as a dead end.
  const graph =
    whole && !names.some((l) => l.path[0] === 'process' && /^step /.test(l.rule))
      ? [...graphMistakes(left.pack), ...neverOpenedMistakes(left.pack), ...(lost.has('sla') ? [] : endingMistakes(left.pack))]
      : [];
  const loops = lost.has('process') || ofProcess.some((l) => l.path[1] === 'reactions') ? [] : loopMistakes(left.pack);
  return [...shape, ...ofDirectory, ...names, ...graph, ...loops];
}

/** What is only said because something beside it could not be read: another property of the same step or action is missing, or nobody uses a thing any more. */
function followsFrom({ path, rule }: Located, shape: readonly Located[]): boolean {
  const [part, list, name] = path;
  const broken = (at: readonly PropertyKey[]): boolean => shape.some((s) => at.every((p, i) => s.path[i] === p));
  const field = / is not a field of form |: no form has this field/.test(rule)
    ? /^(?:(?:fields|input)\.)?([^ :.]+)/.exec(rule)?.[1]
    : undefined;
  if (field !== undefined) return shape.some((s) => s.path[0] === 'forms' && s.path[2] === 'fields' && s.path[3] === field);
  if (/ is not declared| is not a fact| is not a field/.test(rule)) return false;
  if (part === 'process' && (list === 'steps' || list === 'actions') && path.length <= 4 && broken([part, list, name ?? ''])) return true;
  if (part === 'process' && list === 'system') return broken(['process', 'steps']);
  return / uses (template|form) /.test(rule) && broken([part ?? '']);
}
