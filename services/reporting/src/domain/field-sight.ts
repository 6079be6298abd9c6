/** Fields that a form shows to some roles only: by name, the roles that each such form names. */
export type FieldRoles = Readonly<Record<string, readonly (readonly string[])[]>>;

type Data = Record<string, unknown>;

/**
 * What an event tells to a reader with these roles: without the values of fields that one of its pack's forms does not show to any of them, neither among the
 * changed fields nor as the text or reason of the event. Without any changed field where `fields` is undefined, because nothing is known of the pack.
 */
export function dataInSight(data: Data, fields: FieldRoles | undefined, roles: ReadonlySet<string>): Data {
  const changes = data['changes'] as { fields?: Data } | undefined;
  const isHidden = (key: string): boolean =>
    fields === undefined || (Object.hasOwn(fields, key) && fields[key]?.some((named) => !named.some((r) => roles.has(r))) === true);
  const shown = (told: Data): Data => Object.fromEntries(Object.entries(told).filter(([name]) => !isHidden(fieldOf(name))));
  const rest = fields === undefined ? data : Object.fromEntries(Object.entries(data).filter(([key, v]) => typeof v !== 'string' || !isHidden(key))); // prettier-ignore
  return changes?.fields === undefined ? rest : { ...rest, changes: { ...changes, fields: shown(changes.fields) } };
}

// A field of a side task is told as `tasks.<step>.fields.<name>`.
function fieldOf(name: string): string {
  return /^tasks\.[^.]+\.fields\.(.+)$/.exec(name)?.[1] ?? name;
}

/** The fields of a pack that some roles see only. The pack is read leniently: one that today's schema refuses must not stop the service. */
export function fieldRolesOf(pack: Data): FieldRoles {
  const found: Record<string, string[][]> = {};
  for (const form of objectsIn(pack['forms']))
    for (const [key, field] of Object.entries(asObject(form['fields']))) {
      const roles = asObject(field)['roles'];
      if (Array.isArray(roles)) (found[key] ??= []).push(roles.map(String));
    }
  return found;
}

function objectsIn(value: unknown): Data[] {
  return Object.values(asObject(value)).map(asObject);
}

function asObject(value: unknown): Data {
  return typeof value === 'object' && value !== null ? (value as Data) : {};
}
