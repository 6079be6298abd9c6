import { type dispatch } from '@gongdan/contracts';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { Client } from '../clients/client.js';
import { type CaughtMail } from '../servers/mail-catcher.js';
import { type Command, table } from './command.js';

interface History {
  ticket: { number: string; state: string };
  history: {
    eventId: string;
    name: string;
    occurredAt: string;
    actor: { id: string; name: string | null };
    data: Record<string, unknown>;
  }[];
}

interface DecisionView {
  id: string;
  rule: string | null;
  candidates: { rule: string; unit: string }[];
}

const bold = (text: string): string => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);

/** Prints the events about one ticket as they arrive in reporting's history, each once, in words. */
class Journey {
  private readonly printed = new Set<string>();
  private readonly rules = loadPack(packFolder('starter')).routing.rules;
  number = '';

  constructor(
    private readonly client: Client,
    readonly id: string,
  ) {}

  /** Prints events until all those named have arrived; throws after 30 s. */
  async until(...wanted: string[]): Promise<void> {
    const names = new Set<string>();
    for (const end = performance.now() + 30_000; performance.now() < end;) {
      const answer = await this.client.call<History>('reporting', 'GET', `/v1/tickets/${this.id}/history`, { as: 'ana' });
      if (answer.status === 200) {
        this.number = answer.body.ticket.number;
        for (const e of answer.body.history) {
          names.add(e.name);
          if (this.printed.has(e.eventId)) continue;
          this.printed.add(e.eventId);
          const text = await this.words(e);
          if (text !== undefined) console.log(`  ${this.number}  ${text}`);
        }
        if (wanted.every((w) => names.has(w))) return;
      }
      await new Promise((wake) => setTimeout(wake, 60));
    }
    throw new Error(
      `these events did not arrive within 30 s: ${wanted.filter((w) => !names.has(w)).join(', ')}; see npx gongdan bus status`,
    );
  }

  private async words(e: History['history'][number]): Promise<string | undefined> {
    const { unit = '', person = '' } = (e.data as { case?: dispatch.CaseNow }).case?.lead?.holder ?? {};
    const text = (key: string): string => String((e.data[key] as string | undefined) ?? '');
    const at = (key: string): string => text(key).slice(0, 16).replace('T', ' ');
    switch (e.name) {
      case 'intake.ticket-registered':
        return `registered by ${e.actor.name ?? e.actor.id}: "${text('title')}" (${text('type')}, ${text('category')}, priority ${text('priority')})`;
      case 'intake.ticket-amended':
        return `amended by ${e.actor.name ?? e.actor.id}`;
      case 'dispatch.ticket-dispatched':
        return `dispatched to ${bold(unit)} by ${await this.why(text('decision'), text('rule'))}`;
      case 'dispatch.ticket-accepted':
        return `accepted by ${person} of ${unit}`;
      case 'dispatch.ticket-transferred':
        return `transferred by ${e.actor.name ?? e.actor.id} from ${text('fromUnit')} to ${bold(unit)}: ${text('reason')}`;
      case 'dispatch.ticket-returned':
        return `returned by ${text('fromUnit')}: ${text('reason')}`;
      case 'dispatch.ticket-replied':
        return `replied to by ${e.actor.name ?? e.actor.id}: "${text('text')}"`;
      case 'dispatch.ticket-suspended':
        return `suspended, waiting for the ${text('reasonClass')}: ${text('reason')}`;
      case 'dispatch.ticket-resumed':
        return 'resumed';
      case 'dispatch.ticket-resolved':
        return `resolved: ${text('solution')}`;
      case 'dispatch.ticket-reopened':
        return `reopened: ${text('reason')}`;
      case 'dispatch.ticket-closed':
        return bold('closed');
      case 'sla.clock-started':
        return `  clock ${text('clock')} started, due ${at('dueAt')} UTC`;
      case 'sla.clock-paused':
        return `  clock ${text('clock')} paused`;
      case 'sla.clock-resumed':
        return `  clock ${text('clock')} resumed, due ${at('dueAt')} UTC`;
      case 'sla.clock-warned':
        return `  clock ${text('clock')} warned at ${text('threshold')}`;
      case 'sla.clock-breached':
        return bold(`  clock ${text('clock')} BREACHED, was due ${at('dueAt')} UTC`);
      case 'sla.clock-stopped':
        return `  clock ${text('clock')} stopped: ${text('outcome')}`;
      case 'notify.message-sent':
        return `  ${text('channel')} "${text('template')}" to ${text('recipient')} sent`;
      case 'notify.message-failed':
        return `  ${text('channel')} "${text('template')}" to ${text('recipient')} FAILED: ${text('error')}`;
      default:
        return undefined;
    }
  }

  private async why(decision: string, rule: string): Promise<string> {
    const { items } = await this.client.must<{ items: DecisionView[] }>('dispatch', 'GET', `/v1/cases/${this.id}/decisions`, {
      as: 'zhao',
    });
    const found = items.find((i) => i.id === decision);
    const why = this.rules.find((r) => r.key === rule)?.why?.en;
    const others = found?.candidates.filter((c) => c.rule !== rule).map((c) => c.rule) ?? [];
    return `rule ${rule}${why === undefined ? '' : ` "${why}"`}${others.length === 0 ? '' : `; also matched: ${others.join(', ')}`}`;
  }
}

export const demo: Command = {
  usage: 'demo',
  about: 'sends a few tickets through the running system and prints what happens',
  async run() {
    const client = Client.running();
    const { mailUrl } = client.home.read();
    // With an SMTP_URL mails go to a real server and cannot be read here.
    const caught = async (): Promise<CaughtMail[]> =>
      mailUrl === undefined ? [] : ((await (await fetch(`${mailUrl}/api/messages`)).json()) as CaughtMail[]);
    const mailsBefore = (await caught()).length;
    const create = async (body: Record<string, unknown>): Promise<Journey> => {
      const t = await client.must<{ id: string }>('intake', 'POST', '/v1/tickets', { as: 'mei', body: { ...body, pack: 'starter' } });
      return new Journey(client, t.id);
    };
    const act = async (journey: Journey, as: string, action: string, body: Record<string, unknown> = {}) =>
      client.must('dispatch', 'POST', `/v1/cases/${journey.id}/actions/${action}`, { as, body });

    console.log(bold('\n1. A complaint is dispatched, accepted, replied to, resolved and closed'));
    const one = await create({
      type: 'complaint',
      category: 'network.outage',
      urgency: 'high',
      impact: 'area',
      title: 'No signal in the whole street',
      language: 'en',
      contact: { name: 'Han Meimei', phone: '13800135678', email: 'han@example.org' },
    });
    await one.until('dispatch.ticket-dispatched', 'sla.clock-started', 'notify.message-sent');
    await act(one, 'li', 'accept');
    await one.until('dispatch.ticket-accepted');
    await act(one, 'li', 'reply', { text: 'A mast lost power; a crew is on its way.' });
    await one.until('dispatch.ticket-replied');
    await act(one, 'li', 'resolve', { solution: 'Power restored at the mast' });
    await one.until('dispatch.ticket-resolved');
    await act(one, 'mei', 'close');
    await one.until('dispatch.ticket-closed', 'sla.clock-stopped');

    console.log(bold('\n2. A question that reached the wrong unit is transferred to another one'));
    const two = await create({
      type: 'consultation',
      category: 'billing.plan',
      title: '套餐里包含多少流量？',
      contact: { name: '李雷', phone: '13900001111', email: 'lilei@example.cn' },
    });
    await two.until('dispatch.ticket-dispatched', 'sla.clock-started');
    await act(two, 'wang', 'accept');
    await act(two, 'wang', 'transfer', { toUnit: 'network', reason: 'this is about roaming, not the bill' });
    await two.until('dispatch.ticket-transferred');

    console.log(bold('\n3. A repair is suspended while the customer is away, and its clock pauses'));
    const three = await create({
      type: 'fault',
      category: 'home.repair',
      title: 'Router dead',
      language: 'en',
      contact: { phone: '13700002222' },
    });
    await three.until('dispatch.ticket-dispatched', 'sla.clock-started');
    await act(three, 'chen', 'accept');
    await act(three, 'chen', 'suspend', { reasonClass: 'customer', reason: 'nobody home until Friday' });
    await three.until('dispatch.ticket-suspended', 'sla.clock-paused');
    await act(three, 'chen', 'resume');
    await three.until('dispatch.ticket-resumed', 'sla.clock-resumed');

    console.log(bold('\n4. A request that is sent twice makes one ticket'));
    const body = {
      pack: 'starter',
      type: 'suggestion',
      category: 'other',
      title: 'More seats in the hall',
      contact: { phone: '13600003333' },
    };
    const headers = { 'idempotency-key': `"demo-${two.id}"` };
    const [a, b] = await Promise.all(
      [1, 2].map(() => client.must<{ id: string; number: string }>('intake', 'POST', '/v1/tickets', { as: 'crm', body, headers })),
    );
    console.log(`  the first answer has number ${a?.number}, the second ${b?.number}`);
    if (a) await new Journey(client, a.id).until('dispatch.ticket-dispatched', 'sla.clock-started');

    if (mailUrl !== undefined) {
      console.log(bold('\nMails that were sent'));
      for (const m of (await caught()).slice(mailsBefore)) console.log(`  ${m.to.join(', ')}: ${m.subject}`);
      console.log(`  read them at ${mailUrl}`);
    }

    console.log(bold('\nTickets by unit, as reporting counts them'));
    const stats = await client.must<{ items: Record<string, string | number | null>[] }>('reporting', 'GET', '/v1/stats?by=unit', {
      as: 'ana',
    });
    const rate = (r: unknown): string => (typeof r === 'number' ? `${Math.round(r * 100)} %` : '–');
    console.log(
      table([
        ['  unit', 'total', 'open', 'closed', 'clocks met in time'],
        ...stats.items.map((s) => [`  ${s['key']}`, s['total'] ?? 0, s['open'] ?? 0, s['closed'] ?? 0, rate(s['onTimeRate'])]),
      ]),
    );
    console.log('\nTo see clocks breach, shift the time of the system: npx gongdan clock +3d');
  },
};
