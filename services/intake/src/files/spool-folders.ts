import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

// The host is part of the name, because containers may share the folder and each has processes of its own.
const OF_THIS_HOST = `gongdan-import-${hostname()}-`;

const made = new Set<string>();

/** A folder of this process in which sheets are spooled. */
export async function makeSpoolFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${OF_THIS_HOST}${process.pid}-`));
  made.add(folder);
  return folder;
}

/**
 * Removes the folders of processes of this host that have ended: after kill -9 nobody else does. A folder that has the id of this process and that
 * it has not made belongs to an earlier process: in a container each may have the same id.
 */
export async function removeLeftSpoolFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(OF_THIS_HOST)) continue;
    const pid = Number(/^\d+(?=-)/.exec(name.slice(OF_THIS_HOST.length))?.[0]);
    const folder = join(tmpdir(), name);
    if (made.has(folder) || !(pid === process.pid || (pid > 0 && !isAlive(pid)))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
