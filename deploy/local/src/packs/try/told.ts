import { dispatch, type EventDraft, type EventOf } from '@gongdan/contracts';

/** The event as a clock or a notice would name it: `ticket-advanced` is heard by its action. */
export function toldAs({ name, data }: EventDraft): string {
  if (name !== dispatch.TicketAdvanced.name) return name;
  const { action, reaction, says } = data as EventOf<typeof dispatch.TicketAdvanced>['data'];
  const facts = Object.entries({ action, reaction, says }).flatMap(([fact, value]) =>
    value === undefined ? [] : [`event.${fact}: ${value}`],
  );
  return `${name} { ${facts.join(', ')} }`;
}

/** What a request asks of another service, in one line: `link { kind: match, to: SW2026030001 }`. */
export function askedBy({ name, data }: EventDraft): string[] {
  if (name !== dispatch.RequestAsked.name) return [];
  const { kind, body } = data as EventOf<typeof dispatch.RequestAsked>['data'];
  const parts = Object.entries(body).map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return [`${kind} { ${parts.join(', ')} }`.slice(0, 300)];
}
