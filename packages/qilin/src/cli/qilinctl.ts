/** The command `qilinctl`: argv in, exit status out. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode, reasonOf } from '../contract/errors.ts';
import { formatHelp, type ReadCall, readCall } from '../control/command-line.ts';
import { ControlClient, Unreachable } from '../control/control-client.ts';
import { type FoundServer, findServers } from '../control/find-servers.ts';
import { present } from '../control/present.ts';
import { besidePidFile } from '../control/socket-path.ts';

type Call = Extract<ReadCall, { type: 'call' }>['call'];

/** Not understood, or nobody reached. */
const USAGE = 2;
const WATCH_EACH = 1_000;
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
      return read.call.watch ? watch(read.call) : once(read.call);
  }
}

async function once(call: Call): Promise<number> {
  const client = await ControlClient.connect(await pathOf(call.server));
  const answer = await client.ask(call.request);
  client.close();
  if (answer === undefined) return ended(call);
  if (!answer.ok) return fail(answer.error, 1);
  const { text, status } = present(call.request.command, answer.result, new Date());
  print(call.json ? `${JSON.stringify(answer.result)}\n` : text);
  return status;
}

/** Whoever waits for the end of a server is answered by that. */
function ended({ request: { command } }: Call): number {
  if (command === 'drain' || command === 'stop') return print('The server has ended\n');
  return fail('The server has ended before it answered.', 1);
}

/** Also of the one that takes a server's place. Ends by a signal, or with the server. */
async function watch(call: Call): Promise<number> {
  const path = await pathOf(call.server);
  for (;;) {
    if (process.stdout.isTTY) process.stdout.write(CLEAR);
    const status = await once({ ...call, server: { by: 'socket', text: path } });
    if (status !== 0) return status;
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
  try {
    return Number(readFileSync(text, 'utf8'));
  } catch (error) {
    throw new Unreachable(`the pid file ${text} cannot be read: ${reasonOf(error)}.`);
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

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function fail(text: string, status: number): number {
  process.stderr.write(`qilinctl: ${text}\n`);
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
