/** A contender that runs, alone on core 0: what it costs in CPU time and memory, all of its processes and threads counted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Descriptors for 10 000 connections: Node and Bun raise their own limit, a C program does not. */
const DESCRIPTORS = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';

export class BenchServer {
  /** @readonly */ port;
  #child;

  /** @param {number} port @param {readonly string[]} command */
  constructor(port, command) {
    this.port = port;
    const words = ['-c', '0', 'sh', '-c', DESCRIPTORS, 'sh', ...command];
    this.#child = spawn('taskset', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /**
   * Starts a contender and waits until it answers.
   * @param {Pick<import('./contenders.mjs').Contender, 'command'>} contender @param {string} work
   */
  static async start({ command }, work) {
    const port = await freePort();
    const server = new BenchServer(port, command(port, work));
    try {
      await server.#answers(work);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Seconds of CPU time so far. */
  get cpu() {
    return sum(this.#pids(), (pid) => sum(listOf(`/proc/${pid}/task`), (task) => onCpu(pid, task)));
  }

  /** Resident memory in bytes. */
  get memory() {
    return sum(this.#pids(), (pid) => kilobytes(pid, 'VmRSS') * 1024);
  }

  /** Forgets the most memory that there was. */
  resetPeak() {
    // proc(5): 5 resets the high-water mark to the present value.
    for (const pid of this.#pids()) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  }

  /** The most resident memory since `resetPeak()`, in bytes: each process at its own time. */
  get peakMemory() {
    return sum(this.#pids(), (pid) => kilobytes(pid, 'VmHWM') * 1024);
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await exit;
  }

  /** Of the process and all below it. */
  #pids() {
    const parents = listOf('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => ({ pid, parent: parentOf(pid) }));
    /** @param {string} root @returns {string[]} */
    const tree = (root) => [root, ...parents.filter(({ parent }) => parent === root).flatMap(({ pid }) => tree(pid))];
    return tree(String(this.#child.pid));
  }

  /** @param {string} work Only `echo` wants a body. */
  async #answers(work) {
    const request = work === 'echo' ? { method: 'POST', body: '{}' } : { method: work === 'stream' ? 'POST' : 'GET' };
    for (let attempt = 0; attempt < 400; attempt++) {
      if (this.#child.exitCode !== null) throw new Error(`${this.#child.spawnargs.join(' ')} has exited`);
      const answer = await fetch(`http://127.0.0.1:${this.port}/`, request).catch(() => undefined);
      if (answer?.ok) return void (await answer.text());
      await pause(25);
    }
    throw new Error(`${this.#child.spawnargs.join(' ')} does not answer`);
  }
}

/** @template T @param {readonly T[]} values @param {(value: T) => number} of */
const sum = (values, of) => values.reduce((total, value) => total + of(value), 0);

/** @param {string} folder */
function listOf(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the process has gone
  }
}

/** @param {string} file */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the process has gone
  }
}

/** By the scheduler's own clock, which is exact to the nanosecond; the ticks of /proc/PID/stat are 10 ms. @param {string} pid @param {string} task */
const onCpu = (pid, task) => Number(textOf(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0) / 1e9;

/** @param {string} pid @param {string} field */
const kilobytes = (pid, field) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);

/** @param {string} pid */
function parentOf(pid) {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port is free');
  return address.port;
}
