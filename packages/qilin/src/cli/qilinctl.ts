/** The command `qilinctl`: argv in, exit status out. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode, reasonOf } from '../contract/errors.ts';
import { formatHelp, type ReadCall, readCall } from '../control/command-line.ts';
import type { ArgumentsOf } from '../control/commands.ts';
import { completionFor } from '../control/completion.ts';
import { ControlClient, Unreachable } from '../control/control-client.ts';
import { type FoundServer, findServers } from '../control/find-servers.ts';
import { logFilesIn, present } from '../control/present.ts';
import type { Answer } from '../control/protocol.ts';
import { besidePidFile } from '../control/socket-path.ts';
import { escapeMessage, toJsonLine } from '../observe/escape.ts';
import { FollowedFile, showLogs } from './logs.ts';
import { RecordFile } from './record.ts';
import { top } from './top.ts';

type Call = Extract<ReadCall, { type: 'call' }>['call'];

/** Not understood, or nobody reached. */
const USAGE = 2;
const WATCH_EACH = 1_000;
/** As of tail(1). */
const LOG_LINES = 10;
/** The cursor to the upper left corner, and nothing below it. */
const CLEAR = '\u001b[H\u001b[J';

/** The version in the package's own package.json. */
const { version }: { readonly version: string } = createRequire(import.meta.url)('../../package.json');

async function main(): Promise<number> {
  const read = readCall(process.argv.slice(2));
  switch (read.type) {
    case 'help':
      return print(formatHelp());
    case 'version':
      return print(`qilinctl ${version}\n`);
    case 'mistake':
      return fail(read.text, USAGE);
    case 'call':
      return carryOut(read.call);
  }
}

function carryOut(call: Call): Promise<number> | number {
  const { order } = call;
  switch (order.command) {
    case 'completion':
      return print(completionFor(order.arguments.shell));
    case 'logs':
      return logs(call, order.arguments);
    case 'profile':
      return record(call, order.arguments.output ?? `${order.arguments.pid}.cpuprofile`);
    case 'heap':
      return record(call, order.arguments.output ?? `${order.arguments.pid}.heapsnapshot`);
    case 'top':
      return live(call);
    case 'status':
      return order.arguments.watch ? watch(call) : once(call);
    default:
      return once(call);
  }
}

async function once(call: Call): Promise<number> {
  const path = await pathOf(call.server);
  let answer = await ask(path, call);
  if (answer?.ok === false && answer.again) answer = await ask(path, call);
  if (answer === undefined) return ended(call);
  if (!answer.ok) return fail(answer.error, 1);
  const { text, status } = present(call.request.command, answer.result, new Date());
  print(call.json ? `${toJsonLine(answer.result)}\n` : text);
  return status;
}

async function ask(
  path: string,
  { request }: Pick<Call, 'request'>,
  onPart?: (part: string) => void,
): Promise<Answer | undefined> {
  const client = await ControlClient.connect(path);
  const answer = await client.ask(request, onPart);
  client.close();
  return answer;
}

/** What is recorded of a worker, into a new file. */
async function record(call: Call, path: string): Promise<number> {
  const socket = await pathOf(call.server);
  const cannot = (error: unknown): number => fail(`${path} cannot be written: ${reasonOf(error)}.`, 1);
  const file = await RecordFile.create(path).catch((error: unknown) => cannot(error));
  if (typeof file === 'number') return file;
  const answer = await ask(socket, call, (part) => file.take(part)).catch(async (error: unknown) => {
    await file.drop();
    throw error;
  });
  if (answer?.ok !== true) {
    await file.drop();
    return answer === undefined ? ended(call) : fail(answer.error, 1);
  }
  try {
    const bytes = await file.finish();
    return print(call.json ? `${toJsonLine({ file: path, bytes })}\n` : `${path}: ${bytes} bytes\n`);
  } catch (error) {
    return cannot(error);
  }
}

async function live(call: Call): Promise<number> {
  const path = await pathOf(call.server);
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    return fail('top needs a terminal: `qilinctl status --watch` needs none.', 1);
  const end = await top((request) => ask(path, { request }));
  if (end === 'left') return 0;
  return end?.ok === false ? fail(end.error, 1) : ended(call);
}

async function logs(call: Call, { lines = LOG_LINES, follow }: ArgumentsOf<'logs'>): Promise<number> {
  const answer = await ask(await pathOf(call.server), { request: { command: 'config', arguments: {} } });
  if (answer?.ok !== true) return answer === undefined ? ended(call) : fail(answer.error, 1);
  const paths = logFilesIn(answer.result);
  if (paths.length === 0) {
    const cure = 'see there (`journalctl -u UNIT`, `docker logs`), or set errorlog and accesslog to files';
    return fail(`The server logs to its own stdout and stderr: ${cure}.`, 1);
  }
  try {
    const files = paths.map((path) => new FollowedFile(path, lines));
    await showLogs(files, () => follow === true && isHeard(), print);
    return 0;
  } catch (error) {
    return fail(`The logs cannot be read: ${reasonOf(error)}.`, 1);
  }
}

/** Whoever waits for the end of a server is answered by that. */
function ended({ request: { command } }: Call): number {
  if (command === 'drain' || command === 'stop') return print('The server has ended\n');
  return fail('The server has ended before it answered.', 1);
}

/** Also of the one that takes a server's place. Ends by a signal, with the server, or with whoever reads it. */
async function watch(call: Call): Promise<number> {
  const path = await pathOf(call.server);
  for (;;) {
    if (process.stdout.isTTY) process.stdout.write(CLEAR);
    const status = await once({ ...call, server: { by: 'socket', text: path } });
    if (status !== 0 || !isHeard()) return status;
    await pause(WATCH_EACH);
  }
}

/** @throws Unreachable */
async function pathOf(server: Call['server']): Promise<string> {
  if (server?.by === 'socket') return server.text;
  if (server !== undefined && isFile(server.text)) {
    const beside = besidePidFile(server.text);
    if (existsSync(beside)) return beside;
  }
  const found = await findServers();
  return server === undefined ? onlyOne(found) : withPid(found, pidIn(server.text));
}

const isFile = (text: string): boolean => !/^\d+$/.test(text);

function pidIn(text: string): number {
  if (!isFile(text)) return Number(text);
  const content = readPidFile(text).trim();
  if (!isFile(content)) return Number(content);
  throw new Unreachable(`the pid file ${text} holds no pid: ${JSON.stringify(content.slice(0, 40))}.`);
}

function readPidFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Unreachable(`the pid file ${path} cannot be read: ${reasonOf(error)}.`);
  }
}

function withPid(found: readonly FoundServer[], pid: number): string {
  const named = found.find((each) => each.pid === pid);
  if (named !== undefined) return named.path;
  throw new Unreachable(`no server of this user with pid ${pid} answers: there ${listed(found)}.`);
}

function onlyOne(found: readonly FoundServer[]): string {
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first.path;
  const hint = found.length === 0 ? 'start one, or name its control socket with --socket' : 'say which, with --pid';
  throw new Unreachable(`there ${listed(found)}: ${hint}.`);
}

function listed(found: readonly FoundServer[]): string {
  if (found.length === 0) return 'is no server of this user';
  const texts = found.map(({ pid, path }) => `${pid} (${path})`);
  return `${found.length === 1 ? 'is' : 'are'} ${texts.join(', ')}`;
}

/** What a server says may come from its app, and that from anybody: no terminal is to obey it. */
function print(text: string): number {
  process.stdout.write(escapeMessage(text));
  return 0;
}

/** Until a reader of stdout has gone, such as `head`. */
const isHeard = (): boolean => process.stdout.writable;

function fail(text: string, status: number): number {
  process.stderr.write(`qilinctl: ${escapeMessage(text)}\n`);
  return status;
}

// `qilinctl status | head` is no fault.
process.stdout.on('error', (error) => {
  if (!hasCode(error, 'EPIPE')) throw error;
});
process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof Unreachable) return fail(error.message, USAGE);
  throw error;
});
