/**
 * The data of an event about a case without the values of personal fields, for who stores or forwards events: what is not there cannot leak, sealed or not.
 * The names stay under `changes.sealed`. The same object when there is nothing to leave out.
 */
export function withoutSealedFields(data: object): object {
  const changes = (data as { changes?: { fields?: Record<string, unknown>; sealed?: readonly string[] } }).changes;
  if (changes?.fields === undefined || changes.sealed === undefined) return data;
  const sealed = new Set(changes.sealed);
  const fields = Object.fromEntries(Object.entries(changes.fields).filter(([name]) => !sealed.has(name)));
  return { ...data, changes: { ...changes, fields } };
}
