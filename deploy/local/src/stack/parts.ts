import { type Child } from '../processes/child.js';
import { type State } from '../home/home.js';

/** The processes of a stack by name. */
export class Parts {
  private readonly children = new Map<string, Child>();

  add(name: string, child: Child): void {
    this.children.set(name, child);
  }

  find(name: string): Child | undefined {
    return this.children.get(name);
  }

  get(name: string): Child {
    const child = this.children.get(name);
    if (!child) throw new Error(`there is no part named ${name}`);
    return child;
  }

  get empty(): boolean {
    return this.children.size === 0;
  }

  /** The processes to end when the next run finds them left over. */
  pids(): State['pids'] {
    const pids: State['pids'] = {};
    for (const [name, child] of this.children) if (child.pid !== undefined) pids[name] = { pid: child.pid, marker: child.spec.marker };
    return pids;
  }

  /** Kills a part and its children with SIGKILL, so that no signal handler runs. */
  async kill(name: string): Promise<void> {
    const child = this.get(name);
    child.leaving = true;
    const { pid } = child;
    if (pid !== undefined) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        child.signal('SIGKILL');
      }
    }
    await child.gone();
  }

  /** Kills all without waiting: for a process that exits. */
  readonly killAll = (): void => {
    for (const child of this.children.values()) {
      const { pid } = child;
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
  };
}
