import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Resident memory of a process in MB. */
export function residentMb(pid: number | undefined): number {
  if (pid === undefined) throw new Error('the process has ended');
  const kb = existsSync('/proc/self/status')
    ? /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString();
  return Math.round(Number(kb) / 1_024);
}

/** Samples the memory of a process every 50 ms; `stop` returns what it had at first and at most. */
export function watchMemory(pid: () => number | undefined): { stop(): { beforeMb: number; peakMb: number } } {
  const beforeMb = residentMb(pid());
  let peakMb = beforeMb;
  const timer = setInterval(() => {
    const now = pid();
    if (now !== undefined) peakMb = Math.max(peakMb, residentMb(now));
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return { beforeMb, peakMb };
    },
  };
}
