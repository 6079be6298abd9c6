import { type SampleDirectoryData, type Scenario } from '@gongdan/packs/format2';
import { type Answer, type Client, loadSampleDirectory, type Person } from 'gongdan';
import { actorOf, readerOf } from './actor.js';
import { Difference, NoDoor } from './verdict.js';

type Service = Parameters<Client['call']>[0];

export interface TaskView {
  no: number;
  step: string;
  lead: boolean;
  holder: { unit?: string; role?: string; person?: string; waitsFor?: unknown };
  outcome?: string;
}
export interface CaseView {
  tasks: TaskView[];
  fields: Record<string, unknown>;
  version: number;
  actions: string[];
  [field: string]: unknown;
}
export interface Update {
  key: string;
  action: string;
  task?: number | undefined;
  input: object;
  occurredAt: string;
}

/** One scenario in an organisation of its own: its tickets by name, and calls as its people. */
export class World {
  readonly tickets = new Map<string, string>();
  /** The last batch that each person's device sent. */
  readonly batches = new Map<string, Update[]>();
  readonly reader: Person;
  version: number;

  constructor(
    readonly client: Client,
    readonly org: string,
    readonly folder: string,
    readonly json: Record<string, unknown>,
    readonly sample: SampleDirectoryData,
    readonly scenario: Scenario,
  ) {
    this.reader = readerOf(org);
    this.version = (json['pack'] as { version: number }).version;
  }

  get packKey(): string {
    return (this.json['pack'] as { key: string }).key;
  }

  /** Whether its pack registers tickets by itself. */
  get hasPlans(): boolean {
    return ((this.json['intake'] as { plans?: unknown[] } | undefined)?.plans ?? []).length > 0;
  }

  async publish(): Promise<void> {
    await this.client.must('dispatch', 'PUT', `/v1/packs/${this.packKey}`, { as: this.reader, body: this.json });
  }

  async fillDirectory(): Promise<void> {
    await loadSampleDirectory((path, body) => this.client.must('dispatch', 'PUT', path, { as: this.reader, body }), this.sample);
  }

  person(id: string): Person {
    const person = actorOf(this.org, this.sample, id);
    if (person) return person;
    if (id === 'customer') throw new NoDoor('NO-13');
    throw new Difference(`that the sample directory has the person ${id}`, 'nobody of this id');
  }

  call<T = Record<string, unknown>>(
    as: string | undefined,
    service: Service,
    method: string,
    path: string,
    options: { body?: unknown; raw?: Uint8Array; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    return this.calling(service, method, path, { ...options, as: as === undefined ? this.reader : this.person(as) });
  }

  /** A service that answers 503 has changed nothing and is asked again. */
  private async calling<T>(...of: Parameters<Client['call']>): Promise<Answer<T>> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.client.call<T>(...of);
      if (answer.status !== 503 || tries === 10) return answer;
      await new Promise((wake) => setTimeout(wake, 500));
    }
  }

  async get<T>(service: Service, path: string, as?: string): Promise<T> {
    const answer = await this.call<T>(as, service, 'GET', path);
    if (answer.status !== 200) throw new Difference(`that ${service} answers GET ${path}`, `${answer.status} ${answer.text.slice(0, 300)}`);
    return answer.body;
  }

  ticket(name = 't'): string {
    const id = this.tickets.get(name);
    if (id === undefined) throw new Difference(`that a ticket is called ${name}`, 'none: the step that registers it failed');
    return id;
  }

  /** The text with `{t}`, `{t.number}` and `{org}` replaced by what they name. */
  async filledIn(text: string): Promise<string> {
    let filled = text.replaceAll('{org}', this.org);
    for (const [place, name, part] of text.matchAll(/\{([a-z][a-z0-9-]*)(\.number)?\}/g)) {
      if (place === '{org}') continue;
      const value =
        part === undefined ? this.ticket(name) : (await this.get<{ number: string }>('intake', `/v1/tickets/${this.ticket(name)}`)).number;
      filled = filled.replaceAll(place, value);
    }
    return filled;
  }

  nameOf(id: string): string {
    for (const [name, known] of this.tickets) if (known === id) return name;
    return id;
  }

  case(name: string | undefined, as?: string): Promise<CaseView> {
    return this.get<CaseView>('dispatch', `/v1/cases/${this.ticket(name)}`, as);
  }
}
