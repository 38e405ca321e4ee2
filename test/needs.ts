/**
 * What a test needs beyond Node: where it is not there the test is skipped, and its name says why. A tool that CI could
 * have installed is an error there, so that no test falls silent.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { hasNode } from '../scripts/test-nodes.mjs';
import { hasTool, installWith, type TOOLS } from '../scripts/test-tools.mjs';

export class Need {
  readonly isMissing: boolean;
  readonly #why: string;

  /** @param why to be read after the test's name, in parentheses */
  constructor(isThere: boolean, why: string) {
    this.isMissing = !isThere;
    this.#why = why;
  }

  /** The test's name, with the reason why it is skipped. */
  named(name: string): string {
    return this.isMissing ? `${name} (${this.#why})` : name;
  }
}

/** @throws Error in CI, when it is missing */
export function tool(name: keyof typeof TOOLS): Need {
  const isThere = hasTool(name);
  const { CI: ci = '' } = process.env;
  if (!isThere && ci !== '') throw new Error(`In CI no test is skipped for want of a tool: ${installWith([name])}.`);
  return new Need(isThere, `needs ${name}: ${installWith([name])}`);
}

/** Another line of Node than the one that runs the tests. @throws Error in CI, when it is missing */
export function node(line: number): Need {
  const isThere = hasNode(line);
  const { CI: ci = '' } = process.env;
  const why = `needs Node ${line}: node scripts/test-tools.mjs`;
  if (!isThere && ci !== '') throw new Error(`In CI no test is skipped for want of a tool: ${why}.`);
  return new Need(isThere, why);
}

/** What the recipes of examples/recipes are made of, which `npm test` goes without. */
export const recipes = new Need(
  existsSync(new URL('../examples/recipes/node_modules/.package-lock.json', import.meta.url)),
  'needs the packages of examples/recipes: npm run recipes',
);

/** What is true of Linux alone is not tested elsewhere. */
export const linux = new Need(process.platform === 'linux', 'is about Linux, or looks into /proc');

/** Some containers have no IPv6 at all. */
export const ipv6 = new Need(
  Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1')),
  'this machine has no ::1',
);

const isRoot = process.getuid?.() === 0;
/** To start programs as somebody else. */
export const root = new Need(isRoot, 'starts programs as other users, which only root may');
/** Nothing in the file system is forbidden to root. */
export const notRoot = new Need(!isRoot, 'is about what is forbidden, and root may do it');

/** To make a process PID 1 by `unshare` with these options; the system may not let us. */
export function needsUnshare([command, ...args]: readonly [string, ...string[]]): Need {
  const { status, stderr, error } = spawnSync(command, [...args, 'true'], { encoding: 'utf8' });
  return new Need(status === 0, `no process can be made PID 1 here: ${error?.message ?? stderr.trim()}`);
}
