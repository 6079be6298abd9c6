import { catalogueMistakes, intakeNumberMistakes } from '../../format1/check/cross-references.js';
import { type Located } from '../../located.js';
import { loops, twice } from '../../format1/check/references.js';
import { partsOf } from '../../format2/index.js';
import { conditionMistakes2 } from '../conditions/conditions.js';
import { type Context, declared, type Path } from '../context.js';

/** Names within the cover, the catalogue, intake and the sample directory. */
export function catalogueAndIntake(context: Context): Located[] {
  const { pack } = context;
  return [
    ...declared(context, 'calendar', pack.pack.calendar, ['pack', 'calendar']),
    ...catalogueMistakes(pack),
    ...Object.entries(pack.catalogue.conversions ?? {}).flatMap(([type, into]) => {
      const at: Path = ['catalogue', 'conversions', type];
      return [...declared(context, 'type', type, at), ...into.flatMap((t, i) => declared(context, 'type', t, [...at, i]))];
    }),
    ...(pack.catalogue.levels ?? []).flatMap((l, i) =>
      l.by.flatMap((r, j) => declared(context, 'role', r, ['catalogue', 'levels', i, 'by', j])),
    ),
    ...intakeNumberMistakes(pack),
    ...requiredMistakes(context),
  ];
}

/** What is known of a ticket while it is registered. */
const AT_REGISTRATION = /^(?:class|attributes|place|customer)\.|^ticket\.(?:channel|unit|language)$/;

function requiredMistakes(context: Context): Located[] {
  const { required, attributes = [] } = context.pack.intake;
  return [
    ...required.flatMap((r, i) => {
      if (typeof r === 'string') return [];
      const at: Path = ['intake', 'required', i, 'when'];
      const { all, any = [] } = partsOf(r.when);
      const late = [...all.map(([fact]) => fact), ...any.flatMap((row) => Object.keys(row))].filter((fact) => !AT_REGISTRATION.test(fact));
      if (late.length === 0) return conditionMistakes2(context, r.when, at, {});
      return late.map((fact) => ({
        path: [...at, fact],
        rule: `${fact} is not known yet at registration; use class.…, attributes.…, place.…, customer.… or ticket.channel`,
        key: true,
      }));
    }),
    ...attributes.flatMap(({ key, type, pattern }, i) =>
      pattern === undefined || type === 'text'
        ? []
        : [
            {
              path: ['intake', 'attributes', i, 'pattern'],
              rule: `pattern belongs to fields of type text; ${key} is a ${type}`,
              key: true,
            },
          ],
    ),
  ];
}

/** Units and people of the sample directory. */
export function directoryMistakes(
  context: Context,
  directory: {
    units: readonly { key: string; parent?: string | undefined }[];
    people: readonly { id: string; memberships: readonly { unit?: string | undefined; roles: readonly string[] }[] }[];
    deputies?: readonly { deputy: string; of: string; from: string; until: string; unit?: string | undefined }[] | undefined;
  },
): Located[] {
  const at: Path = ['sample-directory'];
  return [
    ...twice(directory.units.map((u) => u.key), [...at, 'units'], 'key'), // prettier-ignore
    ...twice(directory.people.map((p) => p.id), [...at, 'people'], 'id'), // prettier-ignore
    ...loops(directory.units, [...at, 'units']),
    ...directory.units.flatMap((u, i) => declared(context, 'unit', u.parent, [...at, 'units', i, 'parent'])),
    ...directory.people.flatMap((p, i) =>
      p.memberships.flatMap((m, j) => [
        ...declared(context, 'unit', m.unit, [...at, 'people', i, 'memberships', j, 'unit']),
        ...m.roles.flatMap((r, k) => declared(context, 'role', r, [...at, 'people', i, 'memberships', j, 'roles', k])),
      ]),
    ),
    ...(directory.deputies ?? []).flatMap((d, i) => {
      const here: Path = [...at, 'deputies', i];
      return [
        ...declared(context, 'person', d.deputy, [...here, 'deputy']),
        ...declared(context, 'person', d.of, [...here, 'of']),
        ...declared(context, 'unit', d.unit, [...here, 'unit']),
        ...(d.deputy === d.of ? [{ path: [...here, 'deputy'], rule: `${d.of} cannot be the deputy of himself; name somebody else` }] : []),
        ...(Date.parse(d.from) < Date.parse(d.until)
          ? []
          : [{ path: [...here, 'until'], rule: 'ends before it begins; write the last day' }]),
      ];
    }),
  ];
}
