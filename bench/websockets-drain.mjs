/**
 * What clients of WebSockets see of a reload: 10 000 on 2 workers, one HUP, and each that is told comes again at once. Printed is how
 * many came in each second. Exits 1 when one was not told 1012, a number was missing, or a second had more than 1.5 times its share.
 *
 *   node bench/websockets-drain.mjs                  class picoev
 *   node bench/websockets-drain.mjs async 2000
 */
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startServer } from './qilin-server.mjs';

const [workerClass = 'picoev', clients = '10000'] = process.argv.slice(2);
const COUNT = Number(clients);
/** Seconds, the default of the setting. */
const DRAIN = 10;
const ALLOWED = 1.5;
const SERVICE_RESTART = 1012;
/** Connections that are being opened at a time: what a queue of listening sockets has room for. */
const AT_ONCE = 500;

const app = fileURLToPath(new URL('websockets-app.mjs', import.meta.url));
const server = await startServer(['-k', workerClass, '-w', '2', '--worker-connections', '20000', app]);

const faults = { codes: 0, numbers: 0 };
let numbers = 0;
/** Seconds after the signal. @type {number[]} */
const returns = [];

const HANDSHAKE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
const KEY = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';

/**
 * A client that costs little: the frames of this app are short and whole.
 * @param {(code: number) => void} onClose Gets 0 where it was told nothing.
 * @returns {Promise<import('node:net').Socket>} When it has had its first number.
 */
function open(onClose) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    let received = Buffer.alloc(0);
    let isOpen = false;
    let next = 0;
    let code = 0;
    socket.once('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: test\r\n${HANDSHAKE}\r\n${KEY}\r\n\r\n`));
    socket.on('error', reject);
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      if (!isOpen) {
        const end = received.indexOf('\r\n\r\n');
        if (end < 0) return;
        isOpen = true;
        received = received.subarray(end + 4);
      }
      while (received.length >= 2 && received.length >= 2 + (received[1] ?? 0)) {
        const payload = received.subarray(2, 2 + (received[1] ?? 0));
        if ((received[0] ?? 0) === 0x88) {
          code = payload.readUInt16BE(0);
          // Masked with zeros.
          socket.write(Buffer.concat([Buffer.of(0x88, 0x82, 0, 0, 0, 0), payload]));
        } else {
          if (Number(payload) !== next++) faults.numbers += 1;
          numbers += 1;
          resolve(socket);
        }
        received = received.subarray(2 + payload.length);
      }
    });
    socket.on('close', () => onClose(code));
  });
}

let signalled = Number.POSITIVE_INFINITY;
/** @type {Promise<import('node:net').Socket>[]} */
const ends = [];
for (let opened = 0; opened < COUNT; opened += AT_ONCE) {
  const batch = Array.from({ length: Math.min(AT_ONCE, COUNT - opened) }, () => {
    /** @type {Promise<import('node:net').Socket> | undefined} */
    let ready;
    /** @type {Promise<import('node:net').Socket>} */
    const end = new Promise((resolve) => {
      ready = open((code) => {
        if (code !== SERVICE_RESTART) faults.codes += 1;
        returns.push((performance.now() - signalled) / 1_000);
        resolve(open(() => {}));
      });
    });
    ends.push(end);
    return ready;
  });
  await Promise.all(batch);
}

signalled = performance.now();
process.kill(server.pid, 'SIGHUP');
const again = await Promise.all(await Promise.all(ends));

const first = Math.min(...returns);
/** @type {number[]} */
const seconds = Array.from({ length: Math.ceil(Math.max(...returns) - first) }, () => 0);
for (const moment of returns) seconds[Math.floor(moment - first)] = (seconds[Math.floor(moment - first)] ?? 0) + 1;
const share = COUNT / DRAIN;
const most = Math.max(...seconds) / share;
const told = COUNT - faults.codes;
console.log(
  `${workerClass}: ${told} of ${COUNT} were told 1012, ${numbers} numbers came, ${faults.numbers} were missing`,
);
console.log(`came again in each second: ${seconds.join(' ')}; the most is ${most.toFixed(2)} of the even rate`);
for (const socket of again) socket.destroy();
await server.stop();
process.exitCode = faults.codes === 0 && faults.numbers === 0 && most <= ALLOWED ? 0 : 1;
