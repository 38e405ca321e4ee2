/**
 * Stalls of 5 to 1 500 ms of CPU in JavaScript, regular expressions, JSON.parse and the collection of garbage, one after the other on
 * each worker class: each that is longer than `stallWarning` is to be told once, at the right line, and no worker may end. Exits 1
 * where one was not.
 *
 *   node bench/stalls.mjs            100 on each class
 *   node bench/stalls.mjs 2500       10 000 in all; another Node: NODE bench/stalls.mjs
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startServer } from './qilin-server.mjs';

const COUNT = Number(process.argv[2] ?? 100);
const CLASSES = ['async', 'sync', 'picoev', 'threads'];
const HOWS = ['loop', 'match', 'parse', 'collect'];
const [SHORTEST, LONGEST] = [5, 1_500];
/** Milliseconds; the watch looks eight times in it, so one that is little longer may be told or not. */
const WARNING = 400;
const UNCERTAIN = WARNING * 0.4;
/** What the log has for one that is over. */
const TOLD = /turns again: it was blocked for ([\d.]+) s, at (.+)/g;
const PATIENCE = 10_000;

const app = fileURLToPath(new URL('servers/stalling.mjs', import.meta.url));
const lines = readFileSync(app, 'utf8').split('\n');
/** Where the body of the function is, one line. @param {string} how */
const lineOf = (how) => lines.indexOf(`  ${how}(end) {`) + 2;

let faults = 0;

/** @param {string} what */
function fault(what) {
  faults += 1;
  console.log(`  ${what}`);
}

/** @param {string} workerClass */
async function measure(workerClass) {
  const args = ['-k', workerClass, '--stall-warning', String(WARNING / 1_000), '--timeout', '60', app];
  const server = await startServer(args);
  const told = () => [...server.log().matchAll(TOLD)];
  let expected = 0;
  for (let index = 0; index < COUNT; index++) {
    const how = HOWS[index % HOWS.length] ?? 'loop';
    const ms = Math.round(SHORTEST + ((index * 7_919) % COUNT) * ((LONGEST - SHORTEST) / COUNT));
    const before = told().length;
    const [answer] = await once(get(`http://127.0.0.1:${server.port}/${how}?ms=${ms}`, { agent: false }), 'response');
    await once(answer.resume(), 'end');
    const isSure = ms > WARNING + UNCERTAIN;
    if (!isSure && ms > WARNING - UNCERTAIN) continue;
    if (isSure) expected += 1;
    const until = performance.now() + PATIENCE;
    while (isSure && told().length === before && performance.now() < until) await pause(20);
    const news = told().slice(before);
    if (news.length !== (isSure ? 1 : 0)) fault(`${how} for ${ms} ms was told ${news.length} times`);
    for (const [, , place = ''] of news)
      if (place !== `${how} (${app}:${lineOf(how)})`) fault(`${how} for ${ms} ms was told to be at ${place}`);
  }
  const ends = server.log().match(/Worker exited|WORKER TIMEOUT|CRITICAL/g) ?? [];
  if (ends.length > 0) fault(`${ends.length} lines of workers that ended`);
  await server.stop();
  console.log(
    `${workerClass}: ${COUNT} stalls, ${expected} of them surely longer than stallWarning; faults so far: ${faults}`,
  );
}

console.log(`Node ${process.versions.node}`);
for (const workerClass of CLASSES) await measure(workerClass);
process.exitCode = faults === 0 ? 0 : 1;
