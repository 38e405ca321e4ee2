/**
 * What becomes of a server that gets three times as many requests as it can do, each 20 ms of CPU: how many it still does, how soon those are
 * answered, and how soon it is itself again. Two processes on one core; each request comes on a connection of its own, whether or not the ones before
 * were answered. Clients give up after 10 s. Written for Node 24: `PATH` says which one runs.
 *
 *   node bench/overload.mjs          20 s
 *   node bench/overload.mjs 5
 */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installPeers } from './prepare.mjs';
import { BenchServer } from './server.mjs';

const [seconds = '20'] = process.argv.slice(2);
const TIMES = 3;
const PATIENCE = 10_000;
/** Milliseconds from one probe to the next, when the load is over; and what is quick. */
const PROBE = 50;
const QUICK = 100;

const file = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const APP = `${file('servers/busy.mjs')}:app`;
/** @param {string[]} args */
const qilin = (...args) => ({
  /** @param {number} port */
  command: (port) => [
    process.execPath,
    file('../packages/qilin/bin/qilin.js'),
    ...['-w', '2', '-b', `127.0.0.1:${port}`, '--log-level', 'error'],
    ...args,
    APP,
  ],
});
const SHEDDING = ['--queue-timeout', '250'];

/** @type {Record<string, { command(port: number): string[] }>} */
const CONTENDERS = {
  'picoev, queueTimeout 250': qilin('-k', 'picoev', ...SHEDDING),
  'async, queueTimeout 250': qilin('-k', 'async', ...SHEDDING),
  'picoev without it': qilin('-k', 'picoev'),
  'async without it': qilin('-k', 'async'),
  'Fastify, under-pressure': {
    command: (port) => [process.execPath, file('servers/fastify-cluster.mjs'), String(port)],
  },
};

/**
 * One request on a connection of its own.
 * @param {number} port
 * @returns {Promise<{ status: number, lasted: number, at: number }>} status 0 where there was no answer
 */
function ask(port) {
  const begun = performance.now();
  return new Promise((resolve) => {
    let status = 0;
    const socket = connect({ port, host: '127.0.0.1' }, () =>
      socket.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n'),
    );
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.once('data', (head) => {
      status = Number(String(head.subarray(9, 12)));
      socket.destroy();
    });
    socket
      .on('error', () => {})
      .once('close', () => {
        const at = performance.now();
        resolve({ status, lasted: at - begun, at });
      });
  });
}

/** Answers a second, as many as it can give. @param {number} port */
async function peakOf(port) {
  const until = performance.now() + 5_000;
  let answers = 0;
  const client = async () => {
    while (performance.now() < until) if ((await ask(port)).status === 200) answers += 1;
  };
  // So few at a time that none waits for long.
  await Promise.all([client(), client(), client(), client()]);
  return answers / 5;
}

/** @param {number} port @param {number} rate */
async function overload(port, rate) {
  const begun = performance.now();
  const asked = [];
  for (let sent = 0; performance.now() - begun < Number(seconds) * 1_000; sent++) {
    const due = begun + (sent * 1_000) / rate - performance.now();
    if (due > 0) await pause(due);
    asked.push(ask(port));
  }
  const over = performance.now();
  let back = Number.NaN;
  while (Number.isNaN(back) && performance.now() - over < 3 * PATIENCE) {
    const from = performance.now();
    const { status, lasted } = await ask(port);
    if (status === 200 && lasted < QUICK) back = from - over;
    await pause(PROBE);
  }
  return { answers: await Promise.all(asked), back, over };
}

installPeers();
console.log(`Node ${process.version}, ${TIMES} × the peak for ${seconds} s`);
for (const [name, { command }] of Object.entries(CONTENDERS)) {
  const server = await BenchServer.start({ command }, 'busy');
  const peak = await peakOf(server.port);
  const { answers, back, over } = await overload(server.port, TIMES * peak);
  const good = answers.filter(({ status }) => status === 200);
  const done = good.map(({ lasted }) => lasted).sort((a, b) => a - b);
  const at = (/** @type {number} */ part) => (done[Math.floor(done.length * part)] ?? Number.NaN).toFixed(0);
  const goodput = good.filter(({ at }) => at <= over).length / Number(seconds) / peak;
  const refused = answers.filter(({ status }) => status === 503).length;
  console.log(
    `${name.padEnd(26)} peak ${peak.toFixed(0)}/s, done ${(100 * goodput).toFixed(0)} % of it, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ` +
      `503 ${refused}, no answer ${answers.length - done.length - refused}, itself again after ${(back / 1000).toFixed(2)} s`,
  );
  await server.stop();
}
