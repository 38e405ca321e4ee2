/**
 * Node's own `node:util`, by require, as node-http.ts has it: an `import` asks for every export, of which `diff`, `styleText` and others
 * load modules of their own, a megabyte of them in the arbiter.
 */
import { createRequire } from 'node:module';

const util: typeof import('node:util') = createRequire(import.meta.url)('node:util');

export const { inspect, isDeepStrictEqual, parseArgs, promisify } = util;

/** Node 20.12 and later. */
export const parseEnv: typeof util.parseEnv | undefined = util.parseEnv;
