import { STEP_STATES } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { twice } from '../../format1/check/references.js';
import { eventMistakes, factMistakes } from '../conditions/conditions.js';
import { type Context, declared, EVENT_NAMES, type Kind, type Path, PLATFORM_ACTIONS } from '../context.js';
import { meant } from '../../disk/nearest.js';

/** Names in scenarios; people and units where there is a sample directory. */
export function scenarioMistakes2(context: Context): Located[] {
  const scenarios = context.pack.scenarios ?? [];
  return [
    ...twice(scenarios.map((s) => s.key), ['scenarios'], 'key'), // prettier-ignore
    ...scenarios.flatMap((s, i) => {
      // What follows a feature that the platform lacks may name what the format cannot say yet, and what follows a new version may be of that version.
      const needs = s.steps.findIndex((step) => 'needs' in step || 'publish' in step);
      const checked = needs < 0 ? s.steps : s.steps.slice(0, needs);
      return checked.flatMap((step, j) => stepMistakes(context, step as Record<string, unknown>, ['scenarios', i, 'steps', j]));
    }),
  ];
}

const NAMED: readonly (readonly [string, Kind])[] = [
  ['as', 'person'],
  ['clock', 'clock'],
  ['mail', 'template'],
  ['task', 'step'],
  ['queue', 'unit'],
  ['next', 'unit'],
  ['mine', 'person'],
  ['planned', 'plan'],
];

function stepMistakes(context: Context, step: Record<string, unknown>, at: Path): Located[] {
  const text = (v: unknown): string | undefined => (typeof v === 'string' ? v : undefined);
  const named = (of: unknown, list: readonly (readonly [string, Kind])[], path: Path): Located[] =>
    typeof of === 'object' && of !== null
      ? list.flatMap(([key, kind]) => declared(context, kind, text((of as Record<string, unknown>)[key]), [...path, key]))
      : [];
  const expect = step['expect'] as
    | {
        state?: string;
        side?: unknown[];
        clocks?: Record<string, unknown>;
        class?: Record<string, unknown>;
        fields?: Record<string, unknown>;
        see?: object;
        actions?: { as?: string; include?: string[]; exclude?: string[] };
      }
    | undefined;
  const event = text(step['event']);
  const act = text(step['do'] ?? step['bulk']);
  return [
    ...named(step['as'] === 'customer' ? { ...step, as: undefined } : step, NAMED, at),
    ...(act === undefined || PLATFORM_ACTIONS.some((a) => a === act)
      ? []
      : declared(context, 'action', act, [...at, 'do' in step ? 'do' : 'bulk'])),
    ...named(step['register'], [['type', 'type'], ['category', 'category'], ['channel', 'channel'], ['priority', 'priority'], ['urgency', 'urgency'], ['impact', 'impact'], ['unit', 'unit']], [...at, 'register']), // prettier-ignore
    ...named(expect, [['step', 'step'], ['unit', 'unit'], ['person', 'person'], ['role', 'role']], [...at, 'expect']), // prettier-ignore
    ...(expect?.side ?? []).flatMap((t, k) => named(t, [['step', 'step'], ['unit', 'unit'], ['person', 'person'], ['role', 'role']], [...at, 'expect', 'side', k])), // prettier-ignore
    ...(['include', 'exclude'] as const).flatMap((list) =>
      (expect?.actions?.[list] ?? []).flatMap((a, k) => declared(context, 'action', a, [...at, 'expect', 'actions', list, k])),
    ),
    ...named(expect?.see, [['as', 'person']], [...at, 'expect', 'see']), // prettier-ignore
    ...named(expect?.actions, [['as', 'person']], [...at, 'expect', 'actions']), // prettier-ignore
    // What is expected to be absent, or not to happen, is so under every mistyped name.
    ...(['class', 'fields'] as const).flatMap((part) =>
      Object.keys(expect?.[part] ?? {}).flatMap((key) => factMistakes(context, `${part}.${key}`, [...at, 'expect', part, key], {})),
    ),
    ...(event !== undefined && EVENT_NAMES.has(event)
      ? Object.keys((step['when'] as object | undefined) ?? {}).flatMap((key) =>
          eventMistakes(`event.${key}`, key.split('.')[0] ?? '', [...at, 'when', key], [event]),
        )
      : []),
    ...(expect?.state === undefined || STEP_STATES.some((s) => s === expect.state)
      ? []
      : [{ path: [...at, 'expect', 'state'], rule: `${expect.state} is not a state${meant(expect.state, STEP_STATES)}` }]),
    ...Object.keys(expect?.clocks ?? {}).flatMap((key) => declared(context, 'clock', key, [...at, 'expect', 'clocks', key])),
    ...named(step['decision'], [['unit', 'unit'], ['person', 'person']], [...at, 'decision']), // prettier-ignore
    ...(event === undefined || EVENT_NAMES.has(event)
      ? []
      : [{ path: [...at, 'event'], rule: `${event} is not an event${meant(event, EVENT_NAMES)}` }]),
  ];
}
