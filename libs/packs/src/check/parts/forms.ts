import { type Form, type FormField } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { conditionMistakes2, factMistakes, valueFactMistakes } from '../conditions/conditions.js';
import { type Context, declared, type Path } from '../context.js';

/** Fields that canonical events carry: the type that readers of the event expect. */
export const RESERVED: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  reason: ['text', 'choice'],
  solution: ['text', 'choice'],
  outcome: ['text', 'choice'],
  until: ['instant', 'date'],
  faultUnit: ['unit'],
  faultClass: ['text', 'choice'],
};

/** What belongs to one type of field only, names of roles, and conditions. */
export function formMistakes(context: Context): Located[] {
  return Object.entries(context.pack.forms ?? {}).flatMap(([key, form]) => {
    const used = Object.values(context.pack.process.actions).some((a) => a.form === key);
    return [
      ...(used || context.lost.has('process') || context.damaged.size > 0
        ? []
        : [{ path: ['forms', key], rule: `no action uses form ${key}; use it as form: ${key}, or remove it`, key: true }]),
      ...Object.entries(form.fields).flatMap(([name, field]) => fieldMistakes(context, form, key, name, field)),
    ];
  });
}

const camel = (name: string): string => name.replace(/-(.)/, (_, c: string) => c.toUpperCase());

const ONLY: Readonly<Record<string, readonly string[]>> = {
  choices: ['choice', 'choices'],
  columns: ['table'],
  pattern: ['text'],
  among: ['unit', 'units'],
  role: ['person'],
  ledger: ['number', 'money', 'table', 'duration'],
};

function fieldMistakes(context: Context, form: Form, formKey: string, name: string, field: FormField): Located[] {
  const at: Path = ['forms', formKey, 'fields', name];
  const scope = { input: new Set(Object.keys(form.fields)), form: formKey };
  const reserved = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined;
  return [
    ...Object.entries(ONLY).flatMap(([property, types]) =>
      (field as Record<string, unknown>)[property] !== undefined && !types.includes(field.type)
        ? [
            {
              path: [...at, property],
              rule: `${property} belongs to fields of type ${types.join(' or ')}; ${name} is a ${field.type}`,
              key: true,
            },
          ]
        : [],
    ),
    ...(['choice', 'choices'].includes(field.type) && !field.choices
      ? [{ path: at, rule: `a ${field.type} needs choices: {key: names}` }]
      : []),
    ...(field.type === 'table' && !field.columns ? [{ path: at, rule: 'a table needs columns' }] : []),
    ...(reserved && !reserved.includes(field.type)
      ? [
          {
            path: [...at, 'type'],
            rule: `${name} is what events carry under this name and must be ${reserved.join(' or ')}; give the field another name`,
          },
        ]
      : []),
    ...(field.tier === 'personal' && (reserved !== undefined || name === 'evidence')
      ? [
          {
            path: [...at, 'tier'],
            rule: `events carry ${name} for everybody to read, so it cannot be personal; give the field another name`,
          },
        ]
      : []),
    ...(name === 'fault-unit' || name === 'fault-class'
      ? [{ path: at, rule: `events carry ${camel(name)}; write ${camel(name)} instead of ${name}`, key: true }]
      : []),
    ...(field.min !== undefined && field.max !== undefined && field.min > field.max
      ? [{ path: [...at, 'min'], rule: `min ${field.min} is above max ${field.max}` }]
      : []),
    ...declared(context, 'role', field.role, [...at, 'role']),
    ...(field.roles ?? []).flatMap((r, i) => declared(context, 'role', r, [...at, 'roles', i])),
    ...(typeof field.required === 'object' ? conditionMistakes2(context, field.required, [...at, 'required'], scope) : []),
    ...conditionMistakes2(context, field.visible, [...at, 'visible'], scope),
    ...(typeof field.default === 'object' ? valueFactMistakes(context, field.default.fact, [...at, 'default'], scope) : []),
    ...(field.type === 'boolean' && (typeof field.default === 'string' || typeof field.default === 'number')
      ? [
          {
            path: [...at, 'default'],
            rule: `default ${field.default} is not true or false; write ${field.default === 'yes' ? 'true' : 'false'}`,
          },
        ]
      : []),
    ...(field.choices && typeof field.default === 'string' && !Object.hasOwn(field.choices, field.default)
      ? [{ path: [...at, 'default'], rule: `default ${field.default} is none of the choices ${Object.keys(field.choices).join(', ')}` }]
      : []),
    ...Object.entries(field.columns ?? {}).flatMap(([column, c]) =>
      c.type === 'choice' && !c.choices ? [{ path: [...at, 'columns', column], rule: 'a choice needs choices: {key: names}' }] : [],
    ),
    ...[field.ledger?.item, field.ledger?.quantity].flatMap((column) =>
      typeof column === 'string' && !Object.hasOwn(field.columns ?? {}, column)
        ? [{ path: [...at, 'ledger'], rule: `${column} is not a column of ${name}` }]
        : [],
    ),
    ...ledgerMistakes(context, name, field, at),
    ...(typeof field.ledger?.item === 'object' ? factMistakes(context, field.ledger.item.fact, [...at, 'ledger', 'item'], scope) : []),
  ];
}

/** What stands in the ledger travels to reporting as it is, so nothing that is sealed may be in it. */
function ledgerMistakes(context: Context, name: string, { ledger, columns, tier }: FormField, at: Path): Located[] {
  if (ledger === undefined) return [];
  const said = (what: string, place: Path): Located => ({
    path: place,
    rule: `${what} is personal, and the ledger is read by reports without a seal; take another field, or another tier`,
  });
  const column = (key: 'item' | 'quantity'): Located[] => {
    const of = ledger[key];
    return typeof of === 'string' && columns?.[of]?.tier === 'personal' ? [said(`column ${of}`, [...at, 'ledger', key])] : [];
  };
  const fact = typeof ledger.item === 'object' ? ledger.item.fact : undefined;
  return [
    ...(tier === 'personal' ? [said(name, [...at, 'tier'])] : []),
    ...column('item'),
    ...column('quantity'),
    ...(fact !== undefined && isPersonal(context, fact) ? [said(fact, [...at, 'ledger', 'item'])] : []),
  ];
}

/** Whether a form seals the field of which the fact tells. */
export function isPersonal({ pack }: Context, fact: string): boolean {
  const key = /^(?:fields|input|tasks\.[^.]+\.fields)\.([^.]+)$/.exec(fact)?.[1];
  return key !== undefined && Object.values(pack.forms ?? {}).some((form) => form.fields[key]?.tier === 'personal');
}
