/** A limit of memory as containers have it: a control group (cgroups(7), v1 or v2) below the one that the tests are in. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { controlGroups, thisMachine } from '../../packages/qilin/src/settings/machine.ts';
import { Need } from '../needs.ts';

let made = 0;

export class MemoryGroup implements AsyncDisposable {
  readonly #folder: string;
  readonly #version: 1 | 2;

  /**
   * @param limit bytes
   * @throws Error when the system does not let us
   */
  constructor(limit: number) {
    const [group] = controlGroups(thisMachine, 'memory').filter((each) => hasController(each.folders.at(-1) ?? ''));
    if (group === undefined) throw new Error('no control group of memory is mounted');
    const { version, folders } = group;
    this.#version = version;
    this.#folder = join(folders.at(-1) ?? '', `qilin-test-${process.pid}-${++made}`);
    mkdirSync(this.#folder);
    const limits =
      version === 2 ? ['memory.max', 'memory.swap.max'] : ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'];
    const [ofMemory = '', ofSwap = ''] = limits;
    try {
      this.#write(ofMemory, String(limit));
    } catch (error) {
      rmdirSync(this.#folder);
      throw error;
    }
    try {
      this.#write(ofSwap, version === 2 ? '0' : String(limit));
    } catch {
      // This kernel does not count swap, or has none.
    }
  }

  /** The command that starts what is to be in it. */
  get launcher(): readonly string[] {
    return ['/bin/sh', '-c', `echo $$ > '${join(this.#folder, 'cgroup.procs')}' && exec "$0" "$@"`];
  }

  /** Processes in it that the kernel has ended, since no memory was left. */
  get kills(): number {
    const events = this.#read(this.#version === 2 ? 'memory.events' : 'memory.oom_control');
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? Number.NaN);
  }

  /** Bytes that its processes have now, without what the kernel keeps of files. */
  get used(): number {
    const stat = this.#read('memory.stat');
    return Number(/^(?:total_rss|anon) (\d+)$/m.exec(stat)?.[1] ?? Number.NaN);
  }

  /** @throws Error while it has processes */
  remove(): void {
    rmdirSync(this.#folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let left = 100; left > 0; left--) {
      try {
        return this.remove();
      } catch {
        // The kernel still has to do with the last process of it.
        await pause(50);
      }
    }
    throw new Error(`${this.#folder} still has processes: ${this.#read('cgroup.procs')}`);
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), 'latin1');
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text);
  }
}

/** Whether one can be made here. */
export function needsMemoryGroup(): Need {
  try {
    new MemoryGroup(2 ** 28).remove();
    return new Need(true, '');
  } catch (error) {
    return new Need(false, `no control group can be made here: ${String(error)}`);
  }
}

/** Whether groups below this one can have the limit. */
const hasController = (folder: string): boolean =>
  existsSync(join(folder, 'memory.limit_in_bytes')) ||
  /\bmemory\b/.test(readFileSync(join(folder, 'cgroup.subtree_control'), 'latin1'));
