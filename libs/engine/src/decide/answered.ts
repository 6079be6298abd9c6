import { type Answered } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { compile } from '../model/compiled.js';
import { type Case, type Request } from '../model/case.js';
import { SYSTEM, type View } from '../model/env.js';
import { Work } from '../model/work.js';
import { finish, instantAfter } from '../telling/tell.js';
import { react, type Reacted } from './react.js';

/** What a service answered to a request of the case. `depth`: how many reactions led to it (law 7). */
export type AnswerHeard = Pick<Answered, 'id' | 'state' | 'code' | 'reason' | 'ticket'> & {
  depth: number;
  /** Of a cascade: on how many linked tickets the action was done, how many refused it, and the first of them. */
  done?: number;
  refused?: number;
  refusals?: readonly { ticket: string; code: string }[];
};

/**
 * Notes the answer on the request, tells `request-answered` with the same id, and runs the reactions to it. Undefined when no such request is pending: each is
 * answered once, but a cascade again when a ticket that was linked later has refused.
 */
export function answered(
  pack: PackFormat2,
  view: View,
  c: Case,
  { depth, ...answer }: AnswerHeard,
  now: Instant,
  recorded: { decisions: number },
): Reacted | undefined {
  const request = c.requests.find((r) => r.id === answer.id);
  if (request?.state !== 'pending' && answer.refused === undefined) return undefined;
  const at = instantAfter(c, now);
  const cause = { kind: 'system', key: 'answer', depth } as const;
  const w = new Work({ pack: compile(pack), view, before: c, at, actor: SYSTEM, cause, decisions: recorded.decisions });
  w.c.requests = c.requests.map((r) => (r === request ? settled(r, answer) : r));
  const said = { ...answer, kind: request?.kind ?? 'cascade' };
  w.tell('request-answered', said);
  const told = finish(w, undefined);
  const run = request?.run;
  const event = { name: 'dispatch.request-answered', data: said, occurredAt: at, depth, ...(run === undefined ? {} : { run }) };
  const reacted = react(pack, view, told.state, event, now, { decisions: recorded.decisions + told.records.length });
  return {
    ...reacted,
    events: [...told.events, ...reacted.events],
    records: [...told.records, ...reacted.records],
    claims: [...told.claims, ...reacted.claims],
  };
}

function settled(request: Request, { state, code, ticket, done, refused = 0 }: Omit<AnswerHeard, 'depth'>): Request {
  const reached = done === undefined ? {} : { reached: done + refused };
  return { ...request, state, ...reached, ...(code === undefined ? {} : { code }), ...(ticket === undefined ? {} : { ticket }) };
}
