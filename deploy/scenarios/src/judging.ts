import { type Answer } from 'gongdan';
import { show } from './match.js';
import { Difference } from './verdict.js';

interface Problem {
  code?: string;
  detail?: string;
  errors?: { pointer: string; detail?: string }[];
}

/** Compares an answer with what the step says: refused so, or done. */
export function judge(
  step: { refused?: { status: number; code?: string | undefined; pointer?: string | undefined } | undefined },
  answer: Answer,
): void {
  const { refused } = step;
  if (refused === undefined) {
    if (answer.status >= 300) throw new Difference('that it is done', told(answer));
    return;
  }
  if (answer.status < 300) throw new Difference(`a refusal with ${show(refused)}`, `${answer.status}: it was done`);
  const problem = answer.body as Problem;
  const wrong =
    answer.status !== refused.status ||
    (refused.code !== undefined && problem.code !== refused.code) ||
    (refused.pointer !== undefined && !problem.errors?.some((v) => v.pointer === refused.pointer));
  if (wrong) throw new Difference(`a refusal with ${show(refused)}`, told(answer));
}

/** An answer in short: its status and, of a problem, code, detail and pointers. */
export function told({ status, text, body }: Answer): string {
  const { code, detail, errors } = body as Problem;
  return code === undefined ? `${status} ${text.slice(0, 300)}` : `${status} ${show({ code, detail, errors }).slice(0, 500)}`;
}
