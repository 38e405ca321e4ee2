/** A server under load, in a folder of its own, and what the faults and the invariants need of it. */
import type { Status } from '../../packages/qilin/src/contract/status.ts';
import { clientPortsOf, Load, type LoadOptions } from '../processes/clients.ts';
import { write } from '../processes/files.ts';
import { type Answer, ask } from '../processes/http-client.ts';
import { arbiterPid, kill } from '../processes/operations.ts';
import { type QilinProcess, repository, startQilin } from '../processes/server.ts';
import { type AccessLog, Site } from './site.ts';

/** Seconds of silence after which a worker is ended. A busy machine may leave one without the CPU for a while. */
export const TIMEOUT = Number(process.env['QILIN_CHAOS_TIMEOUT'] ?? 5);
export const WORKERS = 2;
/** Longer than clients hold still while the server is looked at. */
const KEEPALIVE = '30';
/** Of a worker, all of its threads together; little, so that it is full soon. */
const HEAP = '96M';
/** More than a storm of reloads leaves: those beyond are ended, with what they have in hand. */
const DRAINING = '20';
const APP = `${repository}/test/chaos/app.mjs`;

/** Fifty, of five kinds. */
export const ALL_KINDS: LoadOptions = {
  keepAlive: 14,
  oneShot: 12,
  pipelining: 8,
  uploading: 8,
  streaming: 8,
  think: 100,
};

export const CLASSES = [
  { name: 'async', flags: ['-k', 'async'] },
  { name: 'picoev', flags: ['-k', 'picoev'] },
  { name: 'threads', flags: ['-k', 'threads', '--threads', '2'] },
];

export interface Setting {
  readonly flags: readonly string[];
  /** Its export: a Node listener or a fetch handler. */
  readonly app: 'app' | 'fetchApp';
  readonly accessLog: AccessLog;
  /** Number of the user whom the server runs as; undefined for whoever runs the tests. */
  readonly user: number | undefined;
  readonly clients: LoadOptions;
  /** Seconds, default `TIMEOUT`. */
  readonly timeout?: number;
}

export class Scene implements AsyncDisposable {
  readonly site: Site;
  readonly server: QilinProcess;
  readonly load: Load;
  readonly user: number | undefined;
  /** Milliseconds until it was ready: what this machine takes at present. */
  readonly startedIn: number;
  #harms = 0;

  private constructor(site: Site, server: QilinProcess, { user, clients }: Setting, startedIn: number) {
    this.site = site;
    this.server = server;
    this.startedIn = startedIn;
    this.user = user;
    this.load = new Load(server.port, clients);
  }

  static async open(setting: Setting): Promise<Scene> {
    const { flags, app, accessLog, user, timeout = TIMEOUT } = setting;
    const site = new Site(accessLog, user);
    const run = (name: string) => site.file('run', name);
    const files = ['--pid', run('qilin.pid'), '--access-logfile', site.accessLogFile, '--capture-output'];
    const binds = ['--bind', `unix:${run('app.sock')}`, '--admin-bind', `unix:${run('admin.sock')}`];
    const limits = [
      '-w',
      String(WORKERS),
      '--timeout',
      String(timeout),
      '--keep-alive',
      KEEPALIVE,
      '--drain-delay',
      '1',
      '--heap-limit',
      HEAP,
      '--drain-generations',
      DRAINING,
    ];
    const args = [...flags, ...limits, ...binds, ...files, `${APP}:${app}`];
    try {
      const identity = user === undefined ? {} : { uid: user };
      // With `stallWarning` as it is by default.
      const began = performance.now();
      const server = await startQilin(args, { cwd: site.path, env: { QILIN_CMD_ARGS: '' }, ...identity });
      return new Scene(site, server, setting, performance.now() - began);
    } catch (error) {
      site[Symbol.dispose]();
      throw error;
    }
  }

  get arbiter(): number {
    return arbiterPid(this.server);
  }

  /** What the arbiter says of the fleet. */
  async status(): Promise<Status> {
    const { text } = await ask('http://admin/status', { socketPath: this.site.file('run', 'admin.sock') });
    return JSON.parse(text);
  }

  async workers(): Promise<number[]> {
    return (await this.status()).workers.flatMap(({ pid, state }) => (state === 'ready' && pid !== null ? [pid] : []));
  }

  /** One of them at least is killed, without warning; another takes the place of each. */
  async kill(pids?: readonly number[]): Promise<void> {
    await kill(this.server, this.load, pids);
  }

  /** A request of one's own. */
  async ask(path: string): Promise<Answer> {
    return ask(this.server.url + path);
  }

  /**
   * Has the app do what ends its process, or thread, with what that has in hand: forgiven is what it had when it took the request,
   * behind which it takes nothing more.
   */
  async doom(path: '/block' | '/leak'): Promise<void> {
    const from = this.server.log.length;
    const until = `doomed-${++this.#harms}`;
    const cut = this.ask(`${path}?until=${this.site.file(until)}`).catch(() => 'cut');
    const [, pid] = await this.server.logged(/holds (\d+)/, from);
    this.load.forgive(clientPortsOf(Number(pid), this.server.port));
    write(this.site.path, until, '');
    await cut;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.load.stop();
    await this.server[Symbol.asyncDispose]();
    this.site[Symbol.dispose]();
  }
}
