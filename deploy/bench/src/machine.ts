import { readdirSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { PROJECT, type Stack } from 'gongdan';
import pg from 'pg';

/** Linux counts CPU in ticks of 10 ms. */
const TICK_MS = 10;

/** CPU milliseconds (user and system) of a process since it started; 0 when it has exited. */
export function cpuMs(pid: number): number {
  const fields = statOf(pid);
  return fields ? (Number(fields[11]) + Number(fields[12])) * TICK_MS : 0;
}

/** CPU milliseconds of a process and its children. Postgres has one child per connection; those that exited are in the sums of their parent. */
export function cpuMsWithChildren(pid: number): number {
  const fields = statOf(pid);
  if (!fields) return 0;
  const ended = (Number(fields[13]) + Number(fields[14])) * TICK_MS;
  return cpuMs(pid) + ended + childrenOf(pid).reduce((sum, child) => sum + cpuMs(child), 0);
}

/** The fields of /proc/<pid>/stat after the command name, which may contain spaces: [0] is the state, [1] the parent. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(statOf(pid)?.[1]) === parent);
}

/** Resident memory of a process in MB: now and at its peak. */
export function memoryMb(pid: number): { rss: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kb = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return { rss: kb('VmRSS') / 1_024, peak: kb('VmHWM') / 1_024 };
}

/** Throws when the part is not running. */
export function pidOf(stack: Stack, name: string): number {
  const pid = stack.pid(name);
  if (pid === undefined) throw new Error(`${name} is not running`);
  return pid;
}

/** Lines that describe the machine and the versions of what is measured on it. */
export async function machineFacts(postgresUrl?: string): Promise<string[]> {
  const [first] = cpus();
  const os = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  const kafka = /<artifactId>kafka_[\d.]+<\/artifactId><version>([\d.]+)</.exec(
    readFileSync(join(PROJECT, 'deploy/local/kafka/pom.xml'), 'utf8'),
  )?.[1];
  return [
    `${cpus().length} cores, ${first?.model.trim() ?? 'unknown CPU'}; ${(totalmem() / 2 ** 30).toFixed(1)} GB memory; ${os}, Linux ${release()}`,
    `Node ${process.versions.node}; Apache Kafka ${kafka ?? 'unknown'} (one KRaft node, 12 partitions, acks = all)`,
    ...(postgresUrl === undefined ? [] : [await postgresFacts(postgresUrl)]),
    'load generator, services, broker and databases all on these cores, over loopback',
  ];
}

async function postgresFacts(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, string>>(
      "select current_setting('server_version') as v, current_setting('fsync') as f, current_setting('synchronous_commit') as s, current_setting('full_page_writes') as w",
    );
    const [r] = rows;
    return `PostgreSQL ${r?.['v']?.split(' ')[0]}: fsync ${r?.['f']}, synchronous_commit ${r?.['s']}, full_page_writes ${r?.['w']}`;
  } finally {
    await client.end();
  }
}
