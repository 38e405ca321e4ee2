/** How each kind of figure is taken from a contender: one function from a server that runs to a number. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { STREAMED } from './apps.mjs';
import { here, program } from './prepare.mjs';
import { median } from './report.mjs';

/**
 * @typedef {import('./server.mjs').BenchServer} BenchServer
 * @typedef {(server: BenchServer, seconds: number) => number | Promise<number>} Measure
 */

const CONNECTIONS = 64;

/** Runs a program on core 1, away from the server. @param {readonly string[]} words */
function load(words) {
  const { stdout, stderr, status } = spawnSync('taskset', ['-c', '1', ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/**
 * Sends as many requests as are answered.
 * @param {BenchServer} server @param {number} seconds @param {readonly string[]} options Of wrk.
 * @returns {{ readonly requests: number, readonly rate: number }}
 */
function saturate({ port }, seconds, options) {
  const url = `http://127.0.0.1:${port}/`;
  const output = load(['wrk', '-t1', `-d${seconds}s`, ...options, url]);
  // Errors of reading are none where each connection is closed: Bun closes without saying so, and wrk waits for more.
  const failures = /Non-2xx or 3xx responses: \d+|Socket errors: (?!connect 0, read \d+, write 0, timeout 0).*/.exec(
    output,
  );
  if (failures !== null) throw new Error(`${url}: ${failures[0]}`);
  return {
    requests: Number(/(\d+) requests in/.exec(output)?.[1]),
    rate: Number(/Requests\/sec: +([\d.]+)/.exec(output)?.[1]),
  };
}

/** Seconds of CPU time by which a compiler that learns as it runs has learnt; of the clock, on a busy machine, they are more. */
const WARM = 2;
const WARM_UP_ROUNDS = 10;

/** @param {BenchServer} server @param {readonly string[]} [options] Of wrk. */
function warmUp(server, options = [`-c${CONNECTIONS}`]) {
  for (let round = 0; round < WARM_UP_ROUNDS && server.cpu < WARM; round++) saturate(server, 1, options);
}

/**
 * Microseconds of CPU time for each request, under full load.
 * @param {{ script?: string, close?: boolean, connections?: number }} [how]
 * @returns {Measure}
 */
export function cpuPerRequest({ script, close = false, connections = CONNECTIONS } = {}) {
  const options = [
    `-c${connections}`,
    ...(script === undefined ? [] : ['-s', join(here, 'load', script)]),
    ...(close ? ['-H', 'Connection: close'] : []),
  ];
  return (server, seconds) => {
    warmUp(server, options);
    const before = server.cpu;
    const { requests } = saturate(server, seconds, options);
    return ((server.cpu - before) * 1e6) / requests;
  };
}

const IDLE = 10_000;
/** What a runtime may take to let go of what the requests needed. */
const SETTLE = 3_000;

/** Bytes of resident memory for each of 10 000 idle connections, each of which had one request answered. @type {Measure} */
export async function idleMemory(server) {
  warmUp(server);
  await pause(SETTLE);
  const before = server.memory;
  const holder = spawn(program('hold'), [String(server.port), String(IDLE)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(holder, 'exit');
  try {
    await Promise.race([
      once(holder.stdout, 'data'),
      exit.then(([status]) => Promise.reject(new Error(`hold: ${status}`))),
    ]);
    await pause(SETTLE);
    return (server.memory - before) / IDLE;
  } finally {
    holder.stdin.end();
    await exit;
  }
}

const MEBIBYTE = 1024 * 1024;
const TRANSFERS = 3;

/** MiB/s. @param {BenchServer} server @param {'up' | 'down'} direction */
const transfer = ({ port }, direction) =>
  Number(load([program('transfer'), String(port), direction, String(STREAMED)]));

/** MiB/s of a streamed body of 100 MiB, the median of some. @param {'up' | 'down'} direction @returns {Measure} */
export const throughput = (direction) => (server) => {
  transfer(server, direction);
  return median(Array.from({ length: TRANSFERS }, () => transfer(server, direction)));
};

/**
 * How many MiB of resident memory streaming takes at most, beyond what the server has after a first transfer to warm up.
 * @param {'up' | 'down'} direction
 * @returns {Measure}
 */
export const growth = (direction) => (server) => {
  transfer(server, direction);
  const before = server.memory;
  server.resetPeak();
  for (let count = 0; count < TRANSFERS; count++) transfer(server, direction);
  return (server.peakMemory - before) / MEBIBYTE;
};

/** Of the server's own peak. */
const SHARE = 0.7;

/** Microseconds: the 99th percentile of latency at 70 % of the server's own peak. @type {Measure} */
export function latency(server, seconds) {
  warmUp(server);
  const { rate } = saturate(server, seconds, [`-c${CONNECTIONS}`]);
  const words = [program('openload'), server.port, CONNECTIONS, Math.round(rate * SHARE), seconds].map(String);
  const result = JSON.parse(load(words));
  return result.p99;
}
