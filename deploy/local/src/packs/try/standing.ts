import { type Case, type Holder, leadOf, openTasks } from '@gongdan/engine';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { type Words } from '../draw/words.js';
import { type Speech } from '../texts.js';
import { type TriedClock } from './clocks.js';
import { localOf } from './instants.js';

/** Says where a ticket stands: its step and holder, side tasks, clocks, and who may do what. */
export class Standing {
  constructor(
    private readonly pack: PackFormat2,
    private readonly words: Words,
    private readonly speech: Speech,
  ) {}

  /** `offers` are the people who may do each action. */
  lines(c: Case, clocks: readonly TriedClock[], offers: ReadonlyMap<string, readonly string[]>, now: number): string[] {
    const { speech, words } = this;
    const lead = leadOf(c);
    const held = lead ? speech.say('try.held', { holder: this.holder(lead.holder) }) + this.asleep(lead.sleepsUntil) : '';
    const sides = openTasks(c).filter((t) => !t.lead);
    const { type, category, priority } = c.class;
    return [
      speech.say('try.class', { type, category, priority }),
      `[${words.step(c.step)}] ${c.step} (${c.state})${held}`,
      ...sides.map(
        ({ no, step, holder, sleepsUntil }) =>
          speech.say('try.side', { no, name: words.step(step), step, holder: this.holder(holder) }) + this.asleep(sleepsUntil),
      ),
      ...clocks.map((clock) => this.clock(clock, now)),
      ...[...offers].map(([action, ids]) => {
        const people = `${ids.slice(0, 4).join(', ')}${ids.length > 4 ? ' …' : ''}`;
        return speech.say('try.can', { action, asks: this.asks(action.split(' ')[0] ?? ''), people });
      }),
    ];
  }

  private asleep(at: string | undefined): string {
    return at === undefined ? '' : this.speech.say('try.sleeps', { at: localOf(this.pack, at) });
  }

  private clock({ spec, state, dueAt, breached }: TriedClock, now: number): string {
    const { speech } = this;
    const named = { clock: spec.key, name: this.words.clock(spec.key), at: localOf(this.pack, dueAt) };
    if (state === 'paused') return speech.say('try.paused', named);
    if (state === 'running' && breached) return speech.say('try.late', named);
    if (state === 'running') return speech.say('try.running', { ...named, left: this.span(Date.parse(dueAt) - now) });
    const outcome = state === 'cancelled' ? 'try.cancelled' : breached ? 'try.missed' : 'try.met';
    return speech.say('try.ended', { ...named, outcome: speech.say(outcome) });
  }

  private span(length: number): string {
    const minutes = Math.ceil(length / 60_000);
    const [d, h, min] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
    const parts = [d > 0 ? `${d}d` : '', h > 0 ? `${h}h` : '', d === 0 && (min > 0 || h === 0) ? `${min}min` : ''];
    return parts.flatMap((p) => (p === '' ? [] : [this.words.duration(p)])).join(' ');
  }

  private asks(action: string): string {
    const form = this.pack.forms?.[this.pack.process.actions[action]?.form ?? ''];
    return Object.entries(form?.fields ?? {})
      .map(([key, f]) => ` ${f.required === true ? key : `[${key}]`}=${f.choices ? Object.keys(f.choices).join('|') : f.type}`)
      .join('');
  }

  private holder({ unit, role, person, waitsFor }: Holder): string {
    const { speech } = this;
    const whom = typeof waitsFor === 'object' ? speech.say('try.group', { group: waitsFor.group }) : waitsFor;
    const parts = [
      ...(person ? [person] : []),
      ...(role ? [speech.say('try.role', { role })] : []),
      ...(unit ? [speech.say('try.unit', { unit })] : []),
      ...(whom === undefined ? [] : [speech.say('try.waits', { whom })]),
    ];
    return parts.join(speech.lang === 'en' ? ', ' : '，') || speech.say('try.noHolder');
  }
}
