import { type Stack } from 'gongdan';

/** One action of a journey, done by whoever has the token. */
export interface Step {
  action: string;
  token: string;
  body: string;
}

const TEXT =
  'The line in the street was cut by a digger; it was spliced and measured, and the customer has confirmed that it works. ' +
  '经现场核查,道路施工挖断光缆,已完成熔接并测试正常,客户确认恢复使用。';

interface Doer {
  id: string;
  roles: string[];
  units: string[];
}

const LI: Doer = { id: 'li', roles: ['handler'], units: ['network'] };
const MEI: Doer = { id: 'mei', roles: ['agent'], units: [] };

/** The plain journey of the pack starter: one lead task at a time and no side task. */
const PLAIN: [Doer, string, object?][] = [
  [LI, 'accept'],
  [LI, 'reply', { text: TEXT }],
  [LI, 'resolve', { solution: TEXT, outcome: 'founded' }],
  [MEI, 'close'],
];

const at = (unit: string, id: string, role: string): Doer => ({ id, roles: [role], units: [unit] });

/** The journey of a complaint in P20: a solution, three signatures one after the other, the confirmation, the answer. */
const APPROVED: [Doer, string, object?][] = [
  [at('finance', 'p20-rao', 'receiver'), 'accept'],
  [at('finance', 'p20-rao', 'receiver'), 'propose', { solution: TEXT, sensitive: true }],
  [at('finance', 'p20-fang', 'leader'), 'approve'],
  [at('review-centre', 'p20-ouyang', 'office-head'), 'approve'],
  [at('review-centre', 'p20-zhong', 'centre-leader'), 'approve'],
  [at('review-centre', 'p20-shen', 'handler'), 'confirm'],
  [MEI, 'answer', { text: TEXT }],
];

export const JOURNEYS = { plain: PLAIN, approved: APPROVED };
export type JourneyKey = keyof typeof JOURNEYS;

export function stepsOf(stack: Stack, key: JourneyKey, org = 'demo'): Promise<Step[]> {
  return Promise.all(
    JOURNEYS[key].map(async ([doer, action, body = {}]) => ({
      action,
      token: await stack.token({ ...doer, org }),
      body: JSON.stringify(body),
    })),
  );
}
