import { type Departure } from '@gongdan/engine';
import { placeOf } from '@gongdan/directory';
import { type Instant } from '@gongdan/kernel';
import { type Change } from './changes.js';

/** Who or what holds no work any more. A leaver of one unit keeps what he holds for others. */
export type Gone = { cause: Departure['cause']; left: string; unit?: string };

/** What changes of the directory take away from tasks at this instant. What ends later is found by the sweep when it is due. */
export function goneBy(changes: readonly Change[], now: Instant): Gone[] {
  return changes.flatMap(({ entry: e }): Gone[] => {
    switch (e.kind) {
      case 'person':
        return isOver(e.value, e.value?.activeUntil, now) ? [{ cause: 'leaver', left: e.id }] : [];
      case 'membership': {
        const { person, unit } = placeOf(e.id);
        if (e.value !== undefined) return [];
        return [{ cause: 'leaver', left: person, ...(unit === undefined ? {} : { unit }) }];
      }
      case 'unit':
        return isOver(e.value, e.value?.closedAt, now) ? [{ cause: 'unit-closed', left: e.id }] : [];
      default:
        return [];
    }
  });
}

function isOver(value: unknown, end: Instant | undefined, now: Instant): boolean {
  return value === undefined || (end !== undefined && end <= now);
}
