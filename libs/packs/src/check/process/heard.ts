import { type ConditionTable, listOf, type PackFormat2, TOLD_BY_NAME } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { type Path } from '../context.js';

const ADVANCED = 'dispatch.ticket-advanced';

/** Names that a clock or a notice would wait for without end: `ticket-advanced` never carries an action or a word that has an event of its own name. */
export function unheardMistakes({ process }: PackFormat2, on: string, when: ConditionTable | undefined, at: Path): Located[] {
  if (on !== ADVANCED || when === undefined) return [];
  const instead = (what: string, says: string): string => `${what} tells dispatch.ticket-${says} instead of ${ADVANCED}; name that event`;
  const actions = namesIn(when, 'event.action').flatMap((key) => {
    const action = Object.hasOwn(process.actions, key) ? process.actions[key] : undefined;
    if (action === undefined)
      return Object.hasOwn(process.reactions ?? {}, key)
        ? [`event.action is never ${key}: it is a reaction, which event.reaction names`]
        : [];
    return action.says !== undefined && TOLD_BY_NAME.has(action.says) ? [instead(`${key} says ${action.says} and`, action.says)] : [];
  });
  const words = namesIn(when, 'event.says').flatMap((word) => (TOLD_BY_NAME.has(word) ? [instead(`what says ${word}`, word)] : []));
  return [
    ...actions.map((rule) => ({ path: [...at, 'event.action'], rule })),
    ...words.map((rule) => ({ path: [...at, 'event.says'], rule })),
  ];
}

/** The texts that a fact is compared with, where the test is a value or a list of them. */
function namesIn(when: ConditionTable, fact: string): string[] {
  const test = Object.hasOwn(when, fact) ? (when as Record<string, unknown>)[fact] : undefined;
  return listOf(test as string | string[] | undefined).filter((value) => typeof value === 'string');
}
