import { type Instant } from '@gongdan/kernel';
import { type Deputy } from './rows.js';
import { put } from './units.js';

/** A person for whom somebody acts, and the unit when it is for one unit only. */
export interface Principal {
  person: string;
  unit?: string;
}

/** Who stands in for whom. Chains are followed (the deputy of an absent deputy acts), cycles end where they would begin again. */
export class Deputies {
  private readonly ofPerson = new Map<string, Deputy[]>();
  private readonly ofDeputy = new Map<string, Deputy[]>();

  constructor(
    rows: readonly Deputy[],
    private readonly isActive: (person: string, at: Instant) => boolean,
  ) {
    // Of two that are in force, the one for the unit comes first, then the one that began last.
    const ordered = [...rows].sort(
      (a, b) =>
        Number(a.unit === undefined) - Number(b.unit === undefined) ||
        (a.from === b.from ? 0 : a.from > b.from ? -1 : 1) ||
        (a.deputy < b.deputy ? -1 : 1),
    );
    for (const row of ordered) {
      put(this.ofPerson, row.person, row);
      put(this.ofDeputy, row.deputy, row);
    }
  }

  /** Who acts for the person at this instant: the last of the chain. */
  deputyOf(person: string, at: Instant, unit: string | undefined): string | undefined {
    const seen = new Set([person]);
    let last: string | undefined;
    for (let next = this.directDeputy(person, at, unit); next !== undefined && !seen.has(next); next = this.directDeputy(next, at, unit)) {
      seen.add(next);
      last = next;
    }
    return last;
  }

  /** Everybody for whom the person acts at this instant, also through other deputies. Whoever has left has no work and passes none on. */
  principalsOf(person: string, at: Instant): Principal[] {
    const found: Principal[] = [];
    const seen = new Set<string>();
    const open: Principal[] = [{ person }];
    for (let from = open.pop(); from !== undefined; from = open.pop()) {
      for (const row of this.ofDeputy.get(from.person) ?? []) {
        if (!inForce(row, at) || row.person === person || !this.isActive(row.person, at)) continue;
        // A chain through two different units admits to neither.
        if (from.unit !== undefined && row.unit !== undefined && from.unit !== row.unit) continue;
        const unit = row.unit ?? from.unit;
        const id = `${row.person}\n${unit ?? ''}`;
        if (seen.has(id)) continue;
        seen.add(id);
        const principal = { person: row.person, ...(unit === undefined ? {} : { unit }) };
        found.push(principal);
        open.push(principal);
      }
    }
    return found;
  }

  private directDeputy(person: string, at: Instant, unit: string | undefined): string | undefined {
    const rows = this.ofPerson.get(person) ?? [];
    return rows.find((r) => inForce(r, at) && (r.unit === undefined || r.unit === unit) && this.isActive(r.deputy, at))?.deputy;
  }
}

function inForce(row: Deputy, at: Instant): boolean {
  return row.from <= at && at < row.until;
}
