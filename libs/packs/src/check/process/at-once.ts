import { type Effect, listOf } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { type Context, type Path } from '../context.js';

type Opened = Extract<Effect, { open: unknown }>['open'];

/**
 * `except` at a holder looks at what was done before the task opened (ADR 0055). Where it means another task of the same group, and all of them open at once,
 * it leaves out nobody, and one person could do them all. An action that leaves out its own doers closes the hole.
 */
export function atOnceMistakes(context: Context, { tasks, order }: Opened, at: Path): Located[] {
  if (order === 'sequence') return [];
  const { actions, steps } = context.pack.process;
  const others = (i: number): Set<string> => new Set(tasks.filter((t, j) => j !== i || t.each !== undefined).map((t) => t.step));
  const onlyOn = (action: string, among: ReadonlySet<string>): boolean => {
    const on = listOf(actions[action]?.on);
    return on.length > 0 && on.every((step) => among.has(step));
  };
  return tasks.flatMap((t, i) => {
    const rule = t.holder ?? steps[t.step]?.holder;
    if (rule === undefined || rule === 'self' || rule.except === undefined) return [];
    const among = others(i);
    const held = Array.isArray(rule.except.held) ? rule.except.held : [];
    const meant = [
      ...listOf(rule.except.doer),
      ...Object.keys(actions).filter((a) => listOf(actions[a]?.on).some((step) => held.includes(step))),
    ].filter((a) => onlyOn(a, among));
    const here = Object.values(actions).filter((a) => listOf(a.on).includes(t.step));
    const closed = (a: string): boolean => here.some((x) => listOf(x.except?.doer).includes(a));
    return [...new Set(meant)]
      .filter((a) => !closed(a))
      .slice(0, 1)
      .map((a) => ({
        path: [...at, 'tasks', i, ...(t.holder === undefined ? [] : ['holder', 'except'])],
        rule: `the tasks of this group open at once: nobody did ${a} yet, and except leaves nobody out; write except: { doer: ${a} } at the actions of step ${t.step}, or order: sequence at the group`,
      }));
  });
}
