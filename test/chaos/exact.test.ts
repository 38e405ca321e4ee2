/**
 * `/metrics` against a client that counts too, over reloads, upgrades and kills: equal, but for what a killed worker did since its last sign of
 * life. The long form (`npm run chaos`) makes 200 000 requests over 5 reloads, 2 upgrades and 3 kills.
 */
import { Agent } from 'node:http';
import { expect, test } from 'vitest';
import { eventually, write } from '../processes/files.ts';
import { ask } from '../processes/http-client.ts';
import { arbiterPid, reload, signal } from '../processes/operations.ts';
import { type QilinProcess, startQilin, temporaryFolder } from '../processes/server.ts';

const IS_LONG = process.env['QILIN_CHAOS_MINUTES'] !== undefined;
const [REQUESTS, RELOADS, UPGRADES, KILLS] = IS_LONG ? [200_000, 5, 2, 3] : [3_000, 1, 1, 1];
const CLIENTS = 16;
/** Milliseconds between two signs of life, and as many again on a machine that does other things. */
const HEARTBEAT = 2_000;
const PATIENCE = 900_000;

const APP = `
export const app = (request) => new Response(process.pid + request.url.slice(request.url.lastIndexOf('/')));
`;

/** Asks without a pause, one request after the other on each of its connections, and checks each answer. */
class CountingClients {
  /** Answers that were right, each with the time at which it came, by the pid of its worker. */
  readonly answers = new Map<number, number[]>();
  answered = 0;
  /** The worker that has answered last. */
  latest = 0;
  /** Requests that had no answer: whether they are counted nobody knows. */
  unanswered = 0;
  #isStopping = false;
  #inHand = 0;
  #held: Promise<void> = Promise.resolve();
  #resume: () => void = () => {};
  readonly #ended: Promise<unknown>;

  constructor(url: string) {
    this.#ended = Promise.all(Array.from({ length: CLIENTS }, (_, client) => this.#run(url, client)));
  }

  async #run(url: string, client: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let number = 0; !this.#isStopping; number++) {
      await this.#held;
      const name = `/${client}-${number}`;
      this.#inHand += 1;
      const answer = await ask(`${url}${name}`, { agent }).catch(() => undefined);
      this.#inHand -= 1;
      if (answer === undefined) {
        this.unanswered += 1;
        continue;
      }
      const [pid = '', rest] = answer.text.split('/');
      if (answer.status !== 200 || `/${rest}` !== name) throw new Error(`${name} was answered with ${answer.text}`);
      this.answered += 1;
      this.latest = Number(pid);
      const times = this.answers.get(this.latest) ?? [];
      this.answers.set(this.latest, times);
      times.push(performance.now());
    }
    agent.destroy();
  }

  /** Resolves when so many have been answered in all. */
  async reached(count: number): Promise<void> {
    while (this.answered < count) await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), this.#ended]);
  }

  /** Resolves, with how many were answered, when none has a request in hand; none makes another until `resume()`. */
  async hold(): Promise<number> {
    this.#held = new Promise((resolve) => {
      this.#resume = resolve;
    });
    await eventually(() => this.#inHand === 0, 'all are answered');
    return this.answered;
  }

  resume(): void {
    this.#resume();
  }

  /** Those of a worker since then. */
  since(pid: number, time: number): number {
    return this.answers.get(pid)?.filter((at) => at >= time).length ?? 0;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#ended;
  }
}

async function upgrade(server: QilinProcess): Promise<void> {
  const from = server.log.length;
  const old = arbiterPid(server);
  await signal(server, 'USR2');
  await server.logged(/Ready: /, from);
  process.kill(old, 'SIGTERM');
  await server.logged(new RegExp(`Arbiter ${old} has gone`), from);
}

/** Kills the worker that has answered last; resolves with how many answers may be lost with it. */
async function kill(server: QilinProcess, clients: CountingClients): Promise<number> {
  await clients.reached(clients.answered + 200);
  const now = performance.now();
  const pid = clients.latest;
  const from = server.log.length;
  process.kill(pid, 'SIGKILL');
  await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, signal SIGKILL`), from);
  await server.logged(/Booting worker/, from);
  return clients.since(pid, now - HEARTBEAT);
}

test.each(IS_LONG ? ['async', 'picoev', 'threads'] : ['picoev'])(
  `${REQUESTS} requests are counted, over reloads, upgrades and kills: class %s`,
  { timeout: PATIENCE },
  async (workerClass) => {
    using folder = temporaryFolder();
    const file = write(folder.path, 'app.mjs', APP);
    const flags = ['-k', workerClass, '-w', '2', '--admin-bind', '0', '--keep-alive', '60'];
    await using server = await startQilin([...flags, `${file}:app`]);
    const [, admin = ''] = await server.logged(/Health and status at: (http:\S+)/);
    const counted = async () => {
      const { text } = await ask(`${admin}/metrics`);
      const samples = text.matchAll(/^qilin_requests_total\{method="GET",status="2xx"\} (\d+)$/gm);
      return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
    };
    const clients = new CountingClients(server.url);
    const steps = RELOADS + UPGRADES + KILLS;
    let step = 0;
    const next = () => clients.reached((REQUESTS * step++) / steps);
    for (let i = 0; i < RELOADS; i++) await next().then(() => reload(server));
    for (let i = 0; i < UPGRADES; i++) await next().then(() => upgrade(server));
    const before = await clients.hold();
    await eventually(async () => (await counted()) === before, 'without kills they are equal');
    expect(clients.unanswered).toBe(0);
    clients.resume();
    let lost = 0;
    for (let i = 0; i < KILLS; i++) {
      await next();
      lost += await kill(server, clients);
    }
    await clients.reached(REQUESTS);
    await clients.stop();
    const { answered, unanswered } = clients;
    expect(unanswered).toBeLessThanOrEqual(KILLS * CLIENTS);
    const least = answered - lost;
    const most = answered + unanswered;
    const total = await eventually(async () => {
      const now = await counted();
      return now >= least && now;
    }, 'all are counted');
    expect(total).toBeLessThanOrEqual(most);
  },
);
