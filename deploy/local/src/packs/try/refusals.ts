import { type AppError } from '@gongdan/kernel';
import { type ConditionTable, type PackFormat2 } from '@gongdan/packs/format2';
import { type Words } from '../draw/words.js';
import { type Speech } from '../texts.js';

interface Details {
  action?: string;
  actions?: string[];
  by?: unknown;
  case?: { step?: string; side?: readonly { no: number; step: string }[] };
  task?: number;
  groups?: string[];
  tasks?: readonly { no: number }[];
  limit?: { times: number; per: string | { minutes: number } };
  unless?: Record<'zh-CN' | 'en', string>;
  when?: ConditionTable;
}

/** Says a refusal of the engine in the words of the pack: what stands in the way, and what would be possible. */
export class Refusals {
  constructor(
    private readonly pack: PackFormat2,
    private readonly words: Words,
    private readonly speech: Speech,
  ) {}

  /** `able` are the people who may do the action now, `offers` the actions that are possible now. */
  why({ code, violations, details, message }: AppError, able: readonly string[], offers: readonly string[]): string {
    if (violations.length > 0) return violations.map((v) => `${v.pointer.replace(/^\/(input\/)?/, '')} ${v.detail}`).join('; ');
    const { speech, words } = this;
    const d = details as Details;
    const action = d.action ?? '';
    const list = (items: readonly string[]): string => (items.length > 0 ? items.join(', ') : speech.say('try.nothing'));
    switch (code) {
      case 'dispatch/no-such-action':
        return speech.say('try.noAction', { name: action, list: list(offers) });
      case 'dispatch/illegal-move':
        return d.case?.step === undefined
          ? speech.say('try.noPool', { list: list(offers) })
          : speech.say('try.notHere', { action, step: d.case.step, on: list(this.stepsOf(action)), list: list(offers) });
      case 'dispatch/not-yours':
        return speech.say('try.notYours', { action, by: words.performers(d.by), list: list(able) });
      case 'dispatch/limit-reached':
        return speech.say('try.spent', { action, limit: d.limit === undefined ? '' : this.limit(d.limit) });
      case 'dispatch/guard': {
        const condition = speech.say('try.guard', { when: words.condition(d.when) });
        return d.unless === undefined ? condition : `${d.unless[speech.lang]} (${condition})`;
      }
      case 'dispatch/which-task':
        return speech.say('try.whichTask', { action, list: (d.tasks ?? []).map(({ no }) => `task=${no}`).join(speech.say('try.or')) });
      case 'dispatch/task-ended':
        return speech.say('try.taskEnded', { task: d.task ?? '', list: list((d.case?.side ?? []).map(({ no, step }) => `${no} ${step}`)) });
      case 'dispatch/blocked':
        return speech.say('try.blocked', { list: list(d.groups ?? []) });
      default: {
        const told = Object.entries(details as object).map(
          ([key, v]) => `${key}: ${typeof v === 'object' ? JSON.stringify(v) : String(v)}`,
        );
        return [...(message === code ? [] : [message]), ...told].join('; ').slice(0, 600);
      }
    }
  }

  private stepsOf(action: string): string[] {
    return [this.pack.process.actions[action]?.on ?? []].flat();
  }

  private limit({ times, per }: NonNullable<Details['limit']>): string {
    return typeof per === 'string'
      ? this.speech.say('try.limit', { n: times, per: this.speech.say(PER[per] ?? 'try.perCase') })
      : this.speech.say('try.limitMinutes', { n: times, minutes: per.minutes });
  }
}

const PER: Readonly<Record<string, 'try.perCase' | 'try.perRun' | 'try.perTask' | 'try.perUnit'>> = {
  case: 'try.perCase',
  run: 'try.perRun',
  task: 'try.perTask',
  unit: 'try.perUnit',
};

export function isRefusal(error: unknown): error is AppError {
  return error instanceof Error && 'kind' in error && 'code' in error;
}
