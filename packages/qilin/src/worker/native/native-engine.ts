/**
 * The native engine as a worker class: connections, framing and deadlines are the kernel's; the app gets a light `Request`, or
 * Node's own message objects.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { closeFd, currentExchange, type Exchange, HttpLoop, type HttpLoopOptions } from '@qilin/picoev';
import { ROUTE, type SlowRequest } from '../../contract/slow-requests.ts';
import type { WorkerStats } from '../../contract/stats.ts';
import { type Milliseconds, toMilliseconds } from '../../contract/units.ts';
import type { RequestInHand, WorkerClass, WorkerContext } from '../../contract/worker-class.ts';
import type { WorkerConfig } from '../../contract/worker-config.ts';
import { requestOf } from '../../http/node/message-pair.ts';
import { tellsOfShortage } from '../descriptor-shortage.ts';
import { LastClients, lastPatience } from '../last-clients.ts';
import { logCut, logUnanswered } from '../late-answers.ts';
import { Overload } from '../overload.ts';
import { ProxyRefusals } from '../proxy-refusals.ts';
import { RequestFigures } from '../request-figures.ts';
import type { EndedRequest } from '../slow-collector.ts';
import { UpgradedConnections } from '../upgrades/upgraded-connections.ts';
import { createExchangeApp, type ExchangeApp, statusOf } from './exchange-app.ts';

export class NativeEngine implements WorkerClass {
  readonly #context: WorkerContext;
  readonly #loop: HttpLoop;
  readonly #app: ExchangeApp;
  readonly #overload: Overload | undefined;
  readonly #figures: RequestFigures<Exchange>;
  /** Connections that have gone over to another protocol. */
  readonly #upgraded = new UpgradedConnections();
  readonly #last = new LastClients();
  readonly #leaving = new AbortController();
  #isAccepting = false;
  #isStopped = false;
  #onEmpty: (() => void) | undefined;
  #onQuiet: (() => void) | undefined;

  constructor(context: WorkerContext) {
    const { app, config, log } = context;
    this.#context = context;
    this.#overload = Overload.of(config.queueTimeout, log);
    this.#figures = new RequestFigures<Exchange>(config, log, ended);
    this.#app = createExchangeApp(
      context,
      this.#figures,
      this.#overload,
      (socket, req) => this.#keep(socket, req),
      this.#leaving.signal,
    );
    const refusals = new ProxyRefusals(log);
    this.#loop = new HttpLoop(
      { ...loopOptions(config), lowerCaseNames: app.kind === 'fetch' },
      {
        onRequest: this.#app.serve,
        onExhausted: tellsOfShortage(log, () => this.#loop.stats.open),
        onUnwatchable: (fd, code) =>
          log.error(
            `Multiplexer ${config.multiplexer} cannot watch descriptor ${fd} (${code}): its connection is closed`,
          ),
        onRefusal: (exchange, refusal) => this.#app.refuse(exchange, refusal),
        onUnserved: (exchange) => this.#app.noteUnserved(exchange),
        onReplaced: (exchange, status, isOverdue) => this.#noteReplaced(exchange, status, isOverdue),
        onOverdue: ({ method, target }) => {
          this.#figures.tally?.passed('requestTimeout');
          logCut(log, method, target, config.requestTimeout);
        },
        onRefused: (status, reason) => this.#noteRefused(status, reason),
        onUnproxied: (connections, reason, peer) => refusals.note(connections, reason, peer),
        onEmpty: () => this.#tellWhenEmpty(),
      },
    );
    this.#loop.timesAnswers = this.#figures.answers !== undefined;
    if (config.proxyProtocol) this.#loop.expectProxies(config.proxyAllowFrom);
    this.#app.followConnections((listener) => {
      this.#loop.onConnection = listener;
    });
    const { requiresHost, barely } = this.#app.refusalWays;
    this.#loop.takesRequestsWithoutHost = !requiresHost;
    this.#loop.refusesBarely = barely;
    this.#app.followRefusals((tells) => {
      this.#loop.tellsRefusals = tells;
    });
    this.#app.followUpgrades((takes) => {
      this.#loop.takesUpgradesWithoutHost = takes || !requiresHost;
    });
    this.#app.followExpectations((takes) => {
      this.#loop.takesExpectations = takes;
    });
  }

  async start(): Promise<void> {
    await this.#app.load();
    if (this.#isStopped) {
      this.#app.leaveServer();
      return;
    }
    this.#isAccepting = true;
    for (const { fd } of this.#context.listeners) this.#loop.accept(fd);
  }

  async drain(onQuiet: () => void, takesQueue: boolean): Promise<void> {
    this.#loop.drain();
    this.#upgraded.tell(this.#context.config);
    this.#leaving.abort();
    if (takesQueue) await this.#last.empty(queuesOf(this.#loop), this.#context.config.gracefulTimeout);
    this.#stopAccepting();
    if (this.#isEmpty()) return;
    this.#onQuiet = onQuiet;
    this.#tellWhenEmpty();
    // Those between two requests end by `keepalive` as ever.
    const lastChance = setTimeout(() => this.#loop.closeSilent(), lastPatience(this.#context.config.keepalive));
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    clearTimeout(lastChance);
  }

  failRequest(): void {
    const exchange = currentExchange();
    if (exchange !== undefined) this.#answerInstead(exchange, 500);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopAccepting();
    for (const exchange of this.#loop.exchanges) this.#answerInstead(exchange, 503);
    this.#loop.close();
    this.#figures.close();
    this.#app.leaveServer();
    this.#upgraded.stop();
    this.#upgraded.destroyAll();
  }

  closeConnections(which: 'idle' | 'all'): void {
    if (which === 'idle') {
      this.#loop.closeIdle();
      return;
    }
    this.#loop.closeAll();
    this.#upgraded.destroyAll();
  }

  serverEnds(): void {
    this.#last.serverEnds();
    this.#upgraded.serverEnds();
  }

  requestsInHand(): readonly RequestInHand[] {
    const now = performance.now();
    const requests = this.#loop.exchanges.map(({ method, target, cameAt, hasBegun }) => {
      return { method, target, age: now - cameAt, isUnanswered: !hasBegun };
    });
    return [...requests, ...this.#upgraded.requestsInHand()];
  }

  stats(): WorkerStats {
    const { open, accepted, requests, wakeups, unproxied, lateHeads, lateBodies, lateWrites } = this.#loop.stats;
    const shed = this.#overload?.shed ?? 0;
    const late = { headersTimeout: lateHeads, bodyTimeout: lateBodies, sendTimeout: lateWrites };
    const connections = open + this.#upgraded.size;
    return { connections, accepted, requests, wakeups, unproxied, shed, ...this.#figures.lists(late) };
  }

  takeSlow(): readonly SlowRequest[] {
    return this.#figures.takeSlow();
  }

  busyFor(): Milliseconds {
    return 0;
  }

  #answerInstead(exchange: Exchange, status: 500 | 503): void {
    if (exchange.isOver || exchange.hasBegun) return;
    this.#app.noteReplaced(exchange, status);
    exchange.answerInstead(
      status,
      'Content-Type: text/plain\r\n',
      status === 500 ? 'Internal Server Error\n' : 'Service Unavailable\n',
    );
  }

  /** With 503 the app was late: that is told where its exchange is known. With 408 it was the client, whom the engine counts. */
  #noteRefused(status: number, reason: string): void {
    if (status !== 503 && status !== 408) this.#figures.tally?.refused(status);
    this.#context.log.debug(`Refused with ${status}: ${reason}`);
  }

  #noteReplaced(exchange: Exchange, status: number, isOverdue: boolean): void {
    const { config, log } = this.#context;
    this.#app.noteReplaced(exchange, status);
    const { method, target } = exchange;
    // The app's doing, where all others are the client's.
    if (status !== 503) return;
    const deadline = isOverdue ? 'requestTimeout' : 'responseTimeout';
    this.#figures.tally?.passed(deadline);
    logUnanswered(log, method, target, config, deadline);
  }

  #isEmpty(): boolean {
    return this.#loop.stats.open === 0 && this.#upgraded.size === 0;
  }

  #tellWhenEmpty(): void {
    if (this.#loop.stats.open === 0) this.#onQuiet?.();
    if (this.#isEmpty()) this.#onEmpty?.();
  }

  #keep(socket: Socket, req: IncomingMessage): void {
    this.#upgraded.keep(socket, req);
    socket.once('close', () => this.#tellWhenEmpty());
  }

  /** Lets go of the listening sockets: one that the arbiter has closed refuses clients only when the last worker has closed it too. */
  #stopAccepting(): void {
    if (!this.#isAccepting) return;
    this.#isAccepting = false;
    this.#loop.stopAccepting();
    for (const { fd } of this.#context.listeners) closeFd(fd);
  }
}

/** By the app's own word, if it has said one: to a light request, or to Node's message. */
function routeOf(exchange: Exchange): string | undefined {
  if (exchange.route !== '') return exchange.route;
  const request = requestOf(exchange);
  const route: unknown = request && Reflect.get(request, ROUTE);
  return typeof route === 'string' ? route : undefined;
}

function ended(exchange: Exchange): EndedRequest {
  const { method, target, cameAt, beganAt, fd } = exchange;
  return { method, target, route: routeOf(exchange), status: statusOf(exchange), cameAt, beganAt, fd };
}

/** The settings as the engine takes them: their ranges are within its own. */
export function loopOptions(config: WorkerConfig): Omit<HttpLoopOptions, 'lowerCaseNames'> {
  return {
    multiplexer: config.multiplexer,
    timers: config.timers,
    connections: config.workerConnections,
    requestLine: config.limitRequestLine,
    fields: config.limitRequestFields,
    fieldSize: config.limitRequestFieldSize,
    body: config.limitRequestBody,
    headTimeout: toMilliseconds(config.headersTimeout),
    bodyTimeout: toMilliseconds(config.bodyTimeout),
    keepAliveTimeout: toMilliseconds(config.keepalive),
    writeTimeout: toMilliseconds(config.sendTimeout),
    answerTimeout: toMilliseconds(config.responseTimeout),
    exchangeTimeout: toMilliseconds(config.requestTimeout),
  };
}

const queuesOf = (loop: HttpLoop) => ({
  takeRest: () => loop.acceptRest(),
  get accepted() {
    return loop.stats.accepted;
  },
});
