import { dispatch, type EventType } from '@gongdan/contracts';

type CaseEvent = EventType<string, unknown>;

/** Every event that a decision can tell, by its name without `dispatch.`: to put the two together for each event took longer than to find it. */
const byName: ReadonlyMap<string, CaseEvent> = new Map(
  dispatch.CASE_EVENTS.map((event) => [event.name.slice('dispatch.'.length), event as unknown as CaseEvent]),
);

export function eventNamed(name: string): CaseEvent {
  const type = byName.get(name);
  if (type === undefined) throw new TypeError(`${name} is no event of dispatch`);
  return type;
}
