/** The folder of a server under chaos: its config file, sockets and logs, what is broken in it, and the disk or pipe of its access log. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { write } from '../processes/files.ts';
import { temporaryFolder } from '../processes/server.ts';

const CONFIG = 'qilin.config.mjs';
const DISK_SIZE = '16m';
const NOBODY = 65_534;

/** Where the access log goes: to a small disk of its own, which only root can make, or to a pipe that a `cat` reads. */
export type AccessLog = 'disk' | 'pipe';

/** Another than root, who has no limit of processes; undefined for whoever runs the tests, where that is not root. */
export const userHere = process.getuid?.() === 0 ? NOBODY : undefined;

/** Where no file system can be mounted it is a pipe. */
export const accessLogHere = (wanted: AccessLog): AccessLog => (canMount() ? wanted : 'pipe');

function canMount(): boolean {
  using folder = temporaryFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder.path]).status !== 0) return false;
  execFileSync('umount', [folder.path]);
  return true;
}

/** What a new generation is: sound, or flawed in one way. */
export type Release = 'sound' | 'throws' | 'hangs' | 'mistaken' | 'gone';

export class Site implements Disposable {
  readonly path: string;
  readonly accessLog: AccessLog;
  readonly #folder = temporaryFolder();
  /** Of the access log; stopped, nobody reads it. */
  readonly #reader: ChildProcess | undefined;

  /** @param owner number of the user to whom it belongs; undefined for whoever runs the tests */
  constructor(accessLog: AccessLog, owner: number | undefined) {
    this.path = this.#folder.path;
    this.accessLog = accessLog;
    // Sockets and pid files, which are to go with the server, have a folder of their own.
    for (const name of ['run', 'logs']) mkdirSync(this.file(name));
    if (accessLog === 'disk')
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', this.file('logs')]);
    else execFileSync('mkfifo', [this.accessLogFile]);
    for (const deed of ['throw', 'hang']) write(this.path, deed, deed);
    this.release('sound');
    const owned = [
      this.path,
      this.file('run'),
      this.file('logs'),
      ...(accessLog === 'pipe' ? [this.accessLogFile] : []),
    ];
    if (owner !== undefined) for (const path of owned) chownSync(path, owner, owner);
    if (accessLog === 'pipe') this.#reader = spawn('cat', [this.accessLogFile], { stdio: 'ignore' });
  }

  file(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  get accessLogFile(): string {
    return this.file('logs', 'access.log');
  }

  /** What a server has made that is to be gone when it has. */
  get leftBehind(): readonly string[] {
    return readdirSync(this.file('run'));
  }

  /** What the next generation will be. Those that serve keep what they have begun with. */
  release(release: Release, bootTimeout = 60): void {
    const env = { throws: 'throw', hangs: 'hang', sound: '', mistaken: '', gone: '' }[release];
    const settings = {
      bootTimeout,
      rawEnv: env === '' ? {} : { QILIN_TEST_LOAD: this.file(env) },
      ...(release === 'mistaken' && { worker: 2 }),
      ...(release === 'gone' && { chdir: this.file('no-such-folder') }),
    };
    write(this.path, CONFIG, `export default ${JSON.stringify(settings)};\n`);
  }

  /** Leaves no room on the disk of the access log until the block ends. */
  fillDisk(): Disposable {
    const ballast = this.file('logs', 'ballast');
    try {
      for (const piece = Buffer.alloc(2 ** 16); ; ) writeFileSync(ballast, piece, { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
    return { [Symbol.dispose]: () => rmSync(ballast) };
  }

  /** Nobody reads the access log, where it is a pipe, until the block ends. */
  stopReading(): Disposable {
    this.#reader?.kill('SIGSTOP');
    return { [Symbol.dispose]: () => this.#reader?.kill('SIGCONT') };
  }

  [Symbol.dispose](): void {
    this.#reader?.kill('SIGKILL');
    if (this.accessLog === 'disk') execFileSync('umount', [this.file('logs')]);
    this.#folder[Symbol.dispose]();
  }
}
