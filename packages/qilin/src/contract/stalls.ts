/**
 * What a worker's process says of event loops that stand still: its own, and its threads'. Said by a native thread (watchStalls of
 * @qilin/picoev), on a descriptor of its own, since whoever would say anything else is stuck.
 */
import { isCount, isObject, parseObject } from './fields.ts';
import type { Milliseconds } from './units.ts';

/** Where JavaScript is: lines and columns from 1 on. The function's name is empty where it has none. */
export interface Frame {
  readonly name: string;
  /** A path, a URL or `node:…`; empty for code that came from no file. */
  readonly script: string;
  readonly line: number;
  readonly column: number;
}

export type StallReport =
  | {
      readonly type: 'stall';
      /** 0 for the process's main thread. */
      readonly thread: number;
      /** The silence has come to `timeout`: the end is near. */
      readonly isLast: boolean;
      readonly lasts: Milliseconds;
      /** The innermost call first. */
      readonly frames: readonly Frame[];
      /** Scripts' own source maps, as `data:` URLs. */
      readonly maps: ReadonlyMap<string, string>;
    }
  /** The event loop turns again. */
  | { readonly type: 'stallOver'; readonly thread: number; readonly lasted: Milliseconds };

/** Characters of the longest line: some megabytes of source maps, and a stack. */
export const LONGEST_STALL_LINE = 16 * 1024 * 1024;

/** Undefined for a line that is none of them. */
export function parseStallReport(line: string): StallReport | undefined {
  const said = parseObject(line);
  if (said === undefined) return undefined;
  const { type, thread, for: time, last, frames, maps } = said;
  if (!isCount(thread) || !isCount(time)) return undefined;
  if (type === 'stallOver') return { type, thread, lasted: time };
  if (type !== 'stall' || typeof last !== 'boolean' || !Array.isArray(frames) || !isObject(maps)) return undefined;
  const read = frames.map(parseFrame);
  if (!read.every((frame) => frame !== undefined)) return undefined;
  const texts = Object.entries(maps).flatMap(([script, map]) =>
    typeof map === 'string' ? [[script, map] as const] : [],
  );
  return { type, thread, isLast: last, lasts: time, frames: read, maps: new Map(texts) };
}

/** Characters of a name: a KiB of UTF-8 is told. Places are kept, so longer ones are none. */
const LONGEST_NAME = 1024;

function parseFrame(frame: unknown): Frame | undefined {
  if (!Array.isArray(frame)) return undefined;
  const [name, script, line, column]: unknown[] = frame;
  if (!isName(name) || !isName(script) || !isCount(line) || !isCount(column)) return undefined;
  return { name, script, line, column };
}

const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST_NAME;
