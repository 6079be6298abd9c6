import { type ScenarioStep } from '@gongdan/packs/format2';
import { act } from './acting.js';
import { reads } from './calling.js';
import { look } from './looking.js';
import { Difference, type Failure, NoDoor, type Verdict } from './verdict.js';
import { type World } from './world.js';

type Crashing = Extract<ScenarioStep, { crash: unknown }>['crash'];

/** The bus is quiet when a scenario looks; what the services find out by themselves may take a little longer. */
const PATIENCE_MS = 15_000;

/** The course of one scenario: where it stands, until when it waits and how it ended. */
export class Play {
  verdict: Verdict | undefined;
  /** Instant to which the scenario waits, in ms. */
  wakeAt: number;
  /** How long after its instant the scenario got to its last step, in ms. */
  late = 0;
  private readonly failures: Failure[] = [];
  private index = 0;

  constructor(readonly world: World) {
    this.wakeAt = Date.parse(world.scenario.at);
  }

  /** Prepares the organisation; a refusal fails the scenario before its first step. */
  async prepare(run: (world: World) => Promise<void>): Promise<void> {
    if (this.verdict !== undefined) return;
    await run(this.world).catch((error: unknown) => {
      this.verdict = { kind: 'failed', failures: [{ step: -1, text: 'pack and sample directory', difference: String(error) }] };
    });
  }

  /**
   * Does the step in front when somebody acts in it, and the actions that follow it. Called when nothing is under way; what they cause is looked at after the next
   * quiet. An action that follows may need what is still under way: when it is refused it changed nothing, and is done again after the quiet.
   */
  async act(): Promise<void> {
    let done: ScenarioStep | undefined;
    await this.guard(async (step) => {
      if (!(await act(this.world, step))) return;
      this.index += 1;
      done = step;
    });
    while (done !== undefined && isAction(done) && this.verdict === undefined) {
      const next = this.world.scenario.steps[this.index];
      if (next === undefined || !isAction(next)) return;
      const refused = await act(this.world, next).then(
        () => false,
        () => true,
      );
      if (refused) return;
      this.index += 1;
      done = next;
    }
  }

  /** The service that the step in front kills; the step is over with it. */
  crash(): Crashing | undefined {
    const step = this.world.scenario.steps[this.index];
    if (this.verdict !== undefined || step === undefined || !('crash' in step)) return undefined;
    this.index += 1;
    return step.crash;
  }

  /** Ends a scenario that cannot go on, because of something outside it. */
  abandon(why: string): void {
    if (this.verdict === undefined)
      this.end({
        kind: 'failed',
        failures: [{ step: this.index, text: 'the product', difference: `could not be played further: ${why}` }],
      });
  }

  /** Goes on over waits and expectations up to the next act; an expectation gets some seconds to become true. */
  async look(): Promise<void> {
    for (let before = -1; this.verdict === undefined && before !== this.index;) {
      before = this.index;
      await this.guard(async (step) => {
        if ('until' in step || 'wait' in step) {
          const to = 'until' in step ? Date.parse(step.until) : this.wakeAt + lengthOf(step.wait);
          if (to < this.wakeAt) throw new Difference('an instant after that of the step before', 'an earlier one');
          this.index += 1;
          this.wakeAt = to;
          before = this.index;
        } else if (!acts(step)) {
          await patiently(() => look(this.world, step)).catch((error: unknown) => {
            // What is looked at changes nothing: the scenario goes on, so that one run tells of all differences.
            if (error instanceof NoDoor) throw error;
            this.fail(step, error);
          });
          this.index += 1;
        }
      });
    }
  }

  private async guard(run: (step: ScenarioStep) => Promise<void>): Promise<void> {
    const step = this.world.scenario.steps[this.index];
    if (this.verdict !== undefined) return;
    if (step === undefined) this.end({ kind: 'passed' });
    else if ('needs' in step) this.end({ kind: 'pending', step: this.index, needs: step.needs, why: step.why });
    else
      try {
        await run(step);
      } catch (error) {
        if (error instanceof NoDoor) this.end({ kind: 'pending', step: this.index, needs: [error.feature], why: '' });
        else {
          this.fail(step, error);
          this.end({ kind: 'passed' });
        }
      }
  }

  private fail(step: ScenarioStep, error: unknown): void {
    this.failures.push({
      step: this.index,
      text: JSON.stringify(step),
      difference: error instanceof Difference ? error.message : String(error),
    });
  }

  private end(verdict: Verdict): void {
    this.verdict = this.failures.length === 0 ? verdict : { kind: 'failed', failures: this.failures };
  }
}

const ACTING = [
  'register',
  'do',
  'device',
  'again',
  'bulk',
  'next',
  'import',
  'link',
  'publish',
  'amend',
  'withdraw',
  'directory',
  'crash',
];

function acts(step: ScenarioStep): boolean {
  return ACTING.some((key) => key in step) || ('call' in step && !reads(step));
}

/** An action of a case that is to be done, not refused. */
const isAction = (step: ScenarioStep): boolean => 'do' in step && step.refused === undefined && step.at === undefined;

const UNITS: Record<string, number> = { min: 60_000, h: 3_600_000, d: 86_400_000 };

function lengthOf(text: string): number {
  const m = /^(\d+)(min|h|d)$/.exec(text);
  return Number(m?.[1]) * (UNITS[m?.[2] ?? ''] ?? Number.NaN);
}

async function patiently(run: () => Promise<void>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ;) {
    try {
      await run();
      return;
    } catch (error) {
      if (error instanceof NoDoor || performance.now() > end) throw error;
    }
    await new Promise((wake) => setTimeout(wake, 250));
  }
}
