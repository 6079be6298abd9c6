import { type Catalogue } from '../format2/catalogue.js';
import { type Sla } from '../format2/clocks.js';
import { type Forms } from '../format2/forms.js';
import { type Routing } from '../format2/holders.js';
import { type Intake } from '../format2/intake.js';
import { type Notify } from '../format2/notify.js';
import { type PackFormat2 } from '../format2/pack.js';
import { type Process } from '../format2/process.js';
import { type Org, type Unit } from '../format1/org.js';

/** A pack as the code of today reads it, whatever the format in which it was published: format 2 with every part present. */
export interface RuntimePack extends PackFormat2 {
  catalogue: Catalogue;
  forms: Forms;
  intake: Intake;
  process: Process;
  routing: Routing;
  sla: Sla;
  notify: Notify;
  /** Units and people that a pack of format 1 brought; they stand in the directory too. Empty for format 2. */
  org: Org;
  /** Set when the pack was published in an older format. */
  upcastFrom?: 1;
}

/**
 * Whether each action and each reaction first tells an event of its own (engine.md 5). Clocks and notices of format 1 were written when an action that says
 * nothing told its consequences alone; their packs keep those events.
 */
export function tellsOwnEvents(pack: PackFormat2 & Pick<RuntimePack, 'upcastFrom'>): boolean {
  return pack.upcastFrom === undefined;
}

/** A published pack of format 2 with its missing parts empty. */
export function runtimeOf(pack: PackFormat2): RuntimePack {
  return {
    ...pack,
    forms: pack.forms ?? {},
    routing: pack.routing ?? { tables: {} },
    sla: pack.sla ?? { calendars: [], clocks: [] },
    notify: pack.notify ?? { rules: [], templates: {} },
    org: { units: [], people: [] },
  };
}

export function unitOf(pack: RuntimePack, key: string): Unit | undefined {
  return pack.org.units.find((u) => u.key === key);
}
