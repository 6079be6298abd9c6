import { type Asked, LOOK } from './asked.js';
import { type Window } from './documents.js';
import { type Verdict } from './judge-case.js';

/** Actions that a pool's member does not name himself: `next` chooses the case. */
const CHOSEN_BY_SERVER = '*';

/**
 * Compares what actors were told with what the streams tell: each answered action is there once, no refused one is, no key was applied twice, and none was
 * applied to another version of the task than the one that If-Match named (law 5).
 */
export function judgeAnswers(asked: readonly Asked[], verdicts: ReadonlyMap<string, Verdict>): string[] {
  const problems: string[] = [];
  const byCorrelation = new Map<string, { ticketId: string; version: number; action: string; by: string; decisions: number }>();
  for (const v of verdicts.values())
    for (const d of v.decisions) {
      if (d.cause.kind !== 'action') continue;
      const known = byCorrelation.get(d.correlation);
      if (known === undefined)
        byCorrelation.set(d.correlation, { ticketId: v.ticketId, version: d.version, action: d.cause.key, by: d.by, decisions: 1 });
      else known.decisions += 1;
    }
  const known = new Set(asked.map((a) => a.correlation));
  for (const [correlation, d] of byCorrelation) {
    if (!known.has(correlation)) problems.push(`${d.ticketId}: ${d.action} by ${d.by} at version ${d.version} was asked by nobody`);
    if (d.decisions > 1) problems.push(`${d.ticketId}: one request for ${d.action} made ${d.decisions} decisions`);
  }
  const appliedKeys = new Map<string, Asked[]>();
  const bodiesOfKeys = new Map<string, Asked>();
  for (const a of asked) {
    if (a.action === LOOK) continue;
    const what = `${a.ticketId}: ${a.action} by ${a.actor}${a.key === undefined ? '' : ` with key ${a.key}`}`;
    const d = byCorrelation.get(a.correlation);
    const done = a.status !== undefined && a.status < 300 && a.replayed !== true;
    if (done && d === undefined && a.action !== 'watch') problems.push(`${what} was answered ${a.status} and is not in the stream`);
    if (a.status !== undefined && a.status >= 400 && a.status < 500 && d !== undefined)
      problems.push(`${what} was refused with ${a.status} ${a.code ?? ''} and is in the stream at version ${d.version}`);
    if (a.replayed === true && d !== undefined) problems.push(`${what} was answered as a repetition and is in the stream`);
    if (d !== undefined) {
      if (d.by !== a.actor || (a.action !== CHOSEN_BY_SERVER && (d.action !== a.action || d.ticketId !== a.ticketId)))
        problems.push(`${what} is in the stream as ${d.action} by ${d.by} on ${d.ticketId}`);
      if (done && a.version !== undefined && a.version !== d.version)
        problems.push(`${what} was answered with version ${a.version}, the stream has ${d.version}`);
      const before = verdicts.get(d.ticketId)?.taskVersions.get(d.version);
      if (a.seen !== undefined && before !== undefined && before !== a.seen)
        problems.push(`${what} named version ${a.seen} of the task, which had version ${before}`);
      if (a.key !== undefined) {
        const key = `${a.actor} ${a.key}`;
        appliedKeys.set(key, [...(appliedKeys.get(key) ?? []), a]);
      }
    }
    if (a.key !== undefined && done) bodiesOfKeys.set(`${a.actor} ${a.key}`, a);
  }
  for (const [key, all] of appliedKeys)
    if (all.length > 1) problems.push(`key ${key} was applied ${all.length} times: ${all.map((a) => a.ticketId).join()}`);
  // A replay answers for an action that happened, with the same content.
  for (const a of asked)
    if (a.replayed === true && a.key !== undefined) {
      const first = appliedKeys.get(`${a.actor} ${a.key}`)?.[0];
      // Who watches already is answered without an event, and so is his repetition.
      if (first === undefined && a.action === 'watch') continue;
      if (first === undefined) problems.push(`${a.ticketId}: ${a.action} by ${a.actor} was answered as a repetition of nothing`);
      else if (first.body !== a.body || first.action !== a.action || first.ticketId !== a.ticketId)
        problems.push(`${a.ticketId}: ${a.action} by ${a.actor} was answered as a repetition of another request`);
    }
  return problems;
}

/** When each request was under way; one without an answer may have gone on for a while. */
export function windowsOf(asked: readonly Asked[], lostMs = 60_000): (correlation: string) => Window | undefined {
  const windows = new Map(asked.map((a) => [a.correlation, { from: a.sent, to: a.answered ?? a.sent + lostMs }]));
  return (correlation) => windows.get(correlation);
}
