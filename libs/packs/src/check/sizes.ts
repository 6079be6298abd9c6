import { type PackFormat2 } from '../format2/index.js';
import { type Located } from '../located.js';
import { type Path } from './context.js';

/** The largest of the forty-two processes has a tenth of these. The time to compare them with each other grows with their square. */
const MOST = {
  steps: 300,
  actions: 600,
  reactions: 200,
  clocks: 200,
  calendars: 100,
  forms: 300,
  rules: 300,
  tables: 12,
  plans: 200,
} as const;

/** Lists that are longer than any process needs. Nothing else of such a pack is judged: it would take minutes. */
export function sizeMistakes({ process, forms, sla, notify, routing, intake }: PackFormat2): Located[] {
  const keys = (of: object | undefined): number => Object.keys(of ?? {}).length;
  const lists: readonly (readonly [what: keyof typeof MOST, path: Path, length: number])[] = [
    ['steps', ['process', 'steps'], keys(process.steps)],
    ['actions', ['process', 'actions'], keys(process.actions)],
    ['reactions', ['process', 'reactions'], keys(process.reactions)],
    ['clocks', ['sla', 'clocks'], sla?.clocks.length ?? 0],
    ['calendars', ['sla', 'calendars'], sla?.calendars.length ?? 0],
    ['forms', ['forms'], keys(forms)],
    ['rules', ['notify', 'rules'], notify?.rules.length ?? 0],
    ['tables', ['routing', 'tables'], keys(routing?.tables)],
    ['plans', ['intake', 'plans'], intake.plans?.length ?? 0],
  ];
  return lists.flatMap(([what, path, length]) =>
    length <= MOST[what]
      ? []
      : [{ path, rule: `${length} ${what}; a pack has at most ${MOST[what]}. Make two packs, or one step for what is alike`, key: true }],
  );
}
