import { type Facts, matches } from './condition.js';
import { type Intake, type RequiredField } from '../format2/intake.js';

/** The name of a field in `intake.required`, whether it is always required or on a condition. */
export function requiredName(required: RequiredField): string {
  return typeof required === 'string' ? required : required.field;
}

/** What registration requires of a ticket with these facts (those of `ticketFacts`). They are asked only when a condition is there: most packs have none. */
export function requiredFields({ required }: Pick<Intake, 'required'>, factsOf: () => Facts): string[] {
  let facts: Facts | undefined;
  return required.flatMap((r) => (typeof r === 'string' ? [r] : matches(r.when, (facts ??= factsOf())) ? [r.field] : []));
}
