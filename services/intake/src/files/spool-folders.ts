import { readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'gongdan-import-';
const DAY_MS = 86_400_000;

/**
 * Where a process id means one process: this boot of the machine and this namespace of process ids. Containers may share the folder, the host
 * name and the id of their process. Empty where there is no /proc.
 */
const PLACE = placeOfThisProcess();

/** A folder of this process in which sheets are spooled. Its name tells which process made it: its place, its id and its start. */
export async function makeSpoolFolder(root = tmpdir()): Promise<string> {
  return mkdtemp(join(root, `${PREFIX}${PLACE}-${process.pid}-${(await startOf('self')) ?? 0}-`));
}

/**
 * Removes the folders of processes that have ended: after kill -9 nobody else does. Whether a process in another place (a container, or a machine)
 * still runs is not visible here: its folder is removed a day after its last change, and no import takes that long.
 * @throws Error, after the others were removed, when some could not be.
 */
export async function removeLeftSpoolFolders(root = tmpdir()): Promise<void> {
  const probe = await makeSpoolFolder(root);
  // The time of the file system that wrote the other times, too.
  const now = (await stat(probe)).mtimeMs;
  await rm(probe, { recursive: true, force: true });
  const names = (await readdir(root)).filter((name) => name.startsWith(PREFIX));
  const failures: string[] = [];
  for (const name of names) {
    const folder = join(root, name);
    try {
      if (await isLeft(folder, name, now)) await rm(folder, { recursive: true, force: true });
    } catch (error) {
      // Another replica may have removed it meanwhile.
      if (codeOf(error) !== 'ENOENT') failures.push(String(error));
    }
  }
  if (failures.length > 0) throw new Error(`${failures.length} of ${names.length} folders could not be removed, the first: ${failures[0]}`);
}

async function isLeft(folder: string, name: string, now: number): Promise<boolean> {
  const [, place, pid = '', start] = /^([\da-f]+\.\d+)-(\d+)-(\d+)-[A-Za-z0-9]{6}$/.exec(name.slice(PREFIX.length)) ?? [];
  if (place !== undefined && place === PLACE) return (await startOf(pid)) !== start;
  return now - (await stat(folder)).mtimeMs > DAY_MS;
}

/** When the process started, in ticks since the boot; undefined when it does not run. */
async function startOf(pid: string): Promise<string | undefined> {
  try {
    // The name of the program, in parentheses, may hold spaces and parentheses. The start is field 22.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    // ESRCH: it ended between open and read.
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function placeOfThisProcess(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    return `${boot}.${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
  } catch {
    return '';
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
