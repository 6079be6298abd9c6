import { newId } from '@gongdan/kernel';
import { type Client, type Person } from 'gongdan';
import { type Asked, LOOK } from './checker/asked.js';
import { type Doors } from './door.js';
import { type ProductClock } from './product-clock.js';
import { SUPERVISOR, type World } from './world.js';

/** Complainants withdraw their tickets, and a supervisor moves cases between the versions of their pack, while the others act. */
export class Outsiders {
  readonly asked: Asked[] = [];
  readonly answers = new Map<string, number>();

  constructor(
    private readonly client: Client,
    private readonly doors: Doors,
    private readonly clock: ProductClock,
    private readonly random: () => number,
    private readonly token: (person: Person) => Promise<string>,
  ) {}

  async once(w: World): Promise<void> {
    const ticketId = w.cases[Math.floor(this.random() * w.cases.length)];
    if (ticketId === undefined) return;
    const roll = this.random();
    await this.clock.during(() => (roll < 0.12 ? this.withdraw(w, ticketId) : this.repack(w, ticketId, roll < 0.7 ? 2 : 1)));
  }

  private async withdraw(w: World, ticketId: string): Promise<void> {
    const as: Person = { id: 'model-agent', org: w.org, roles: ['agent'], units: [] };
    const got = await this.client.call<{ code?: string }>('intake', 'POST', `/v1/tickets/${ticketId}/withdraw`, {
      as,
      body: { reason: 'no longer needed' },
    });
    this.count(`withdraw ${got.status} ${got.body.code ?? ''}`);
  }

  private async repack(w: World, ticketId: string, version: number): Promise<void> {
    const token = await this.token({ id: SUPERVISOR, org: w.org, roles: [], units: [] });
    const lead = await this.look(ticketId, token);
    const match = this.random();
    const seen = lead === undefined || match < 0.3 ? undefined : match < 0.4 ? Math.max(1, lead - 1) : lead;
    const asked: Asked = {
      correlation: newId(),
      actor: SUPERVISOR,
      ticketId,
      ...(seen === undefined ? {} : { seen }),
      action: 'repack',
      body: String(version),
      sent: this.clock.now(),
    };
    this.asked.push(asked);
    try {
      const reply = await this.doors.call(
        'POST',
        `/v1/cases/${ticketId}/repack`,
        token,
        { version },
        { 'x-correlation-id': asked.correlation, ...(seen === undefined ? {} : { 'if-match': `"v${seen}"` }) },
      );
      const code = typeof reply.body['code'] === 'string' ? reply.body['code'] : undefined;
      this.count(`repack ${reply.status} ${code ?? ''}`);
      if (reply.status >= 500) return;
      asked.answered = this.clock.now();
      asked.status = reply.status;
      if (code !== undefined) asked.code = code;
      if (reply.status === 200) asked.version = Number(reply.body['version']);
    } catch {
      this.count('repack lost');
    }
  }

  /** The version of the lead, which If-Match names. */
  private async look(ticketId: string, token: string): Promise<number | undefined> {
    const look: Asked = { correlation: newId(), actor: SUPERVISOR, ticketId, action: LOOK, body: '', sent: this.clock.now() };
    try {
      const got = await this.doors.call('GET', `/v1/cases/${ticketId}`, token);
      if (got.status !== 200) return undefined;
      const seen = got.body as unknown as { version: number; tasks: { lead: boolean; version: number }[] };
      this.asked.push({ ...look, answered: this.clock.now(), status: 200, version: seen.version });
      return seen.tasks.find((t) => t.lead)?.version;
    } catch {
      return undefined;
    }
  }

  private count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }
}
