/**
 * Stalls of 5 to 1 500 ms of CPU in JavaScript, regular expressions, JSON.parse and the collection of garbage, one after the other on
 * each worker class: each that is longer than `stallWarning` is to be told once, at the right line, and no worker may end. Exits 1
 * where one was not.
 *
 *   node bench/stalls.mjs            100 on each class
 *   node bench/stalls.mjs 2500       10 000 in all; another Node: NODE bench/stalls.mjs
 *   node bench/stalls.mjs 100 sync   on this class alone
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startServer } from './qilin-server.mjs';

const COUNT = Number(process.argv[2] ?? 100);
const CLASSES = process.argv[3]?.split(',') ?? ['async', 'sync', 'picoev', 'threads'];
const HOWS = ['loop', 'match', 'parse', 'collect'];
const [SHORTEST, LONGEST] = [5, 1_500];
/**
 * Milliseconds; the watch looks eight times in it, so one that is little longer or shorter may be told or not. None is asked for, but on a
 * busy machine a stall takes longer than asked where it sleeps for a page of memory: how long it was, its server says.
 */
const WARNING = 400;
const UNCERTAIN = WARNING * 0.4;
/** What the log has for one that is over. */
const TOLD = /turns again: it was blocked for ([\d.]+) s, at (.+)/g;
const PATIENCE = 10_000;

const app = fileURLToPath(new URL('servers/stalling.mjs', import.meta.url));
const lines = readFileSync(app, 'utf8').split('\n');
/** Where the body of the function is, one line. @param {string} how */
const lineOf = (how) => lines.indexOf(`  ${how}(end) {`) + 2;

/** Most are short, as they are in life, and each size has its share. @param {number} part of all, 0 to 1 */
function lengthOf(part) {
  const ms = Math.round(SHORTEST * (LONGEST / SHORTEST) ** (part ** 2.5));
  return Math.abs(ms - WARNING) > UNCERTAIN ? ms : ms + 2 * UNCERTAIN;
}

let faults = 0;

/** @param {string} what */
function fault(what) {
  faults += 1;
  console.log(`  ${what}`);
}

/** @param {string} workerClass */
async function measure(workerClass) {
  const args = [
    '-k',
    workerClass,
    '--stall-warning',
    String(WARNING / 1_000),
    '--timeout',
    '60',
    '--boot-timeout',
    '600',
    app,
  ];
  const server = await startServer(args);
  const told = () => [...server.log().matchAll(TOLD)];
  /** How long it stood still. @param {string} how @param {number} ms */
  const ask = async (how, ms) => {
    const [answer] = await once(get(`http://127.0.0.1:${server.port}/${how}?ms=${ms}`, { agent: false }), 'response');
    return Number(await text(answer));
  };
  // The first request loads what none has needed before: on a busy machine that is a stall of its own.
  await ask('loop', 0);
  await pause(2 * WARNING);
  let expected = 0;
  for (let index = 0; index < COUNT; index++) {
    const how = HOWS[index % HOWS.length] ?? 'loop';
    const ms = lengthOf(((index * 7_919) % COUNT) / COUNT);
    const before = told().length;
    let blocked = ms;
    try {
      blocked = await ask(how, ms);
    } catch (error) {
      fault(`${how} for ${ms} ms was not answered: ${error}\n${server.log().slice(-2_000)}`);
    }
    const isLong = blocked > WARNING + UNCERTAIN;
    if (isLong) expected += 1;
    const until = performance.now() + PATIENCE;
    while (isLong && told().length === before && performance.now() < until) await pause(20);
    // It would be told of behind the next one.
    if (!isLong && blocked > WARNING - UNCERTAIN) await pause(WARNING);
    const news = told().slice(before);
    const isRight = isLong ? news.length === 1 : news.length === 0 || blocked > WARNING - UNCERTAIN;
    if (!isRight) fault(`${how} for ${blocked.toFixed()} ms (${ms} of CPU) was told ${news.length} times`);
    for (const [, , place = ''] of news)
      if (place !== `${how} (${app}:${lineOf(how)})`) fault(`${how} for ${ms} ms was told to be at ${place}`);
  }
  const ends = server.log().match(/Worker exited|WORKER TIMEOUT|CRITICAL/g) ?? [];
  if (ends.length > 0) fault(`${ends.length} lines of workers that ended`);
  await server.stop();
  console.log(
    `${workerClass}: ${COUNT} stalls, ${expected} of them longer than stallWarning; faults so far: ${faults}`,
  );
}

console.log(`Node ${process.versions.node}`);
for (const workerClass of CLASSES) await measure(workerClass);
process.exitCode = faults === 0 ? 0 : 1;
