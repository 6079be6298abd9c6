import { meant } from '../../disk/nearest.js';
import { TOLD_BY_NAME } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { twice } from '../../format1/check/references.js';
import { calendarMistakes, limitMistakes } from '../../format1/check/sla-mistakes.js';
import { templateMistakes } from '../../format1/check/templates.js';
import { conditionMistakes2 } from '../conditions/conditions.js';
import { DEADLINES, momentMistakes } from '../conditions/moments.js';
import { isPersonal } from './forms.js';
import { type Context, declared, EVENT_NAMES, type Path } from '../context.js';
import { eventOfSays } from '../guessed.js';
import { unheardMistakes } from '../process/heard.js';

function eventMistakes2(context: Context, name: string, path: Path, allowed: (name: string) => boolean, why: string): Located[] {
  const action = context.pack.process.actions[name];
  if (action !== undefined) {
    const event = TOLD_BY_NAME.has(action.says ?? '') ? `dispatch.ticket-${action.says ?? ''}` : 'dispatch.ticket-advanced';
    return [{ path, rule: `${name} is an action; write ${event}, or { on: ${event}, when: { event.cause.key: ${name} } }` }];
  }
  const said = eventOfSays(name);
  if (!EVENT_NAMES.has(name) && said !== undefined) return [{ path, rule: said }];
  if (!EVENT_NAMES.has(name)) return [{ path, rule: `${name} is not an event${meant(name, EVENT_NAMES)}` }];
  return allowed(name) ? [] : [{ path, rule: `${name} cannot be used here: ${why}` }];
}

/** What the events that trigger tell may be asked for. */
function of(triggers: readonly (string | { on: string })[]): { event: string[] } {
  return { event: triggers.map((t) => (typeof t === 'string' ? t : t.on)).filter((name) => EVENT_NAMES.has(name)) };
}

/** Clocks read what is open: a personal value is sealed to them. */
function deadlineMistakes(context: Context, fact: string, path: Path, scope: { event: string[] }): Located[] {
  if (isPersonal(context, fact)) return [{ path, rule: `${fact} is personal: it is sealed and cannot be read here; take another field` }];
  return momentMistakes(context, fact, path, scope, DEADLINES);
}

/** Calendars and clocks. */
export function clockMistakes(context: Context): Located[] {
  const sla = context.pack.sla;
  if (!sla) return [];
  return [
    ...twice(sla.calendars.map((c) => c.key), ['sla', 'calendars'], 'key'), // prettier-ignore
    ...twice(sla.clocks.map((c) => c.key), ['sla', 'clocks'], 'key'), // prettier-ignore
    ...sla.calendars.flatMap((c, i) => calendarMistakes(c, ['sla', 'calendars', i])),
    ...sla.clocks.flatMap((c, i) => {
      const at: Path = ['sla', 'clocks', i];
      const limits = Array.isArray(c.limit)
        ? c.limit.map((l, j) => ({ ...l, path: [...at, 'limit', j] }))
        : [{ limit: c.limit, when: undefined, path: [...at, 'limit'] }];
      const pauses = c.pause !== undefined;
      const starts = of(c.start);
      return [
        ...declared(context, 'calendar', c.calendar, [...at, 'calendar']),
        ...conditionMistakes2(context, c.when, [...at, 'when'], starts),
        ...limits.flatMap((l) => [
          ...conditionMistakes2(context, l.when, [...l.path, 'when'], starts),
          ...('workingDays' in l.limit && c.calendar === undefined
            ? [{ path: l.path, rule: 'working days need a calendar; add calendar: to the clock, or to pack.yaml for all of them' }]
            : []),
          ...limitMistakes(
            l.limit,
            sla.calendars.find((known) => known.key === c.calendar),
            Array.isArray(c.limit) ? [...l.path, 'limit'] : l.path,
          ),
          ...('field' in l.limit
            ? deadlineMistakes(context, l.limit.field.fact, [...l.path, ...(Array.isArray(c.limit) ? ['limit'] : []), 'field'], starts)
            : []),
        ]),
        ...(['start', 'pause', 'resume', 'stop', 'cancel'] as const).flatMap((list) =>
          (c[list] ?? []).flatMap((t, j) => [
            ...eventMistakes2(
              context,
              typeof t === 'string' ? t : t.on,
              [...at, list, j],
              (n) => !n.startsWith('sla.') && !n.startsWith('notify.'),
              'clocks hear intake and dispatch only',
            ),
            ...(typeof t === 'string'
              ? []
              : [
                  ...conditionMistakes2(context, t.when, [...at, list, j, 'when'], of([t])),
                  ...unheardMistakes(context.pack, t.on, t.when, [...at, list, j, 'when']),
                ]),
          ]),
        ),
        ...twice(c.warnings.map((w) => w.key), [...at, 'warnings'], 'key'), // prettier-ignore
        ...(pauses === (c.resume !== undefined)
          ? []
          : [{ path: at, rule: `pause and resume come together; add ${pauses ? 'resume' : 'pause'}:` }]),
      ];
    }),
  ];
}

/** Rules and templates of notices. */
export function noticeMistakes(context: Context): Located[] {
  const notify = context.pack.notify;
  if (!notify) return [];
  const used = new Set(notify.rules.map((r) => r.template));
  return [
    ...twice(notify.rules.map((r) => r.key), ['notify', 'rules'], 'key'), // prettier-ignore
    ...notify.rules.flatMap((r, i) => {
      const at: Path = ['notify', 'rules', i];
      return [
        ...eventMistakes2(context, r.on, [...at, 'on'], (n) => !n.startsWith('notify.'), 'a notice about a notice would never end'),
        ...conditionMistakes2(context, r.when, [...at, 'when'], of([r.on])),
        ...unheardMistakes(context.pack, r.on, r.when, [...at, 'when']),
        ...declared(context, 'template', r.template, [...at, 'template']),
        ...r.to.flatMap((to, j) => {
          const here = [...at, 'to', j];
          if (typeof to === 'object') {
            const unit = to.of === undefined || /^(?:unit|parent|registering-unit|level:.*)$/.test(to.of) ? undefined : to.of;
            return [...declared(context, 'role', to.role, [...here, 'role']), ...declared(context, 'unit', unit, [...here, 'of'])];
          }
          const [kind, name] = [to.slice(0, to.indexOf(':')), to.slice(to.indexOf(':') + 1)];
          return kind === 'unit' || kind === 'person' ? declared(context, kind, name, here) : [];
        }),
      ];
    }),
    ...Object.keys(notify.templates).filter((t) => !used.has(t)).map((t) => ({ path: ['notify', 'templates', t], rule: `no rule uses template ${t}; use it or remove it`, key: true })), // prettier-ignore
    ...Object.entries(notify.templates).flatMap(([key, t]) =>
      (['zh-CN', 'en'] as const).flatMap((lang) =>
        (['subject', 'text'] as const).flatMap((part) =>
          templateMistakes(t[lang][part]).map((rule) => ({ path: ['notify', 'templates', key, lang, part], rule })),
        ),
      ),
    ),
  ];
}
