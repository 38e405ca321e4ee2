/** Places in JavaScript, as an error's stack has them, in the source that an author knows. */
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Frame } from '../contract/stalls.ts';

/** Where Qilin itself is installed: both packages, which need not be among others (a link, this repository). */
const QILIN = [new URL('../..', import.meta.url), new URL('..', import.meta.resolve('@qilin/picoev'))].map((folder) =>
  fileURLToPath(folder),
);

/** Frames in the sources that their scripts' own maps lead to; those without a map as they are, with paths for file URLs. */
export function toSources(frames: readonly Frame[], maps: ReadonlyMap<string, string>): Frame[] {
  const read = new Map([...maps].map(([script, url]) => [script, readMap(url)]));
  return frames.map((frame) => {
    const { script, line, column } = frame;
    const entry = read.get(script)?.findEntry(line - 1, column - 1);
    if (entry === undefined || !('originalSource' in entry)) return { ...frame, script: toPath(script) };
    const { originalSource, originalLine, originalColumn } = entry;
    const source = URL.canParse(originalSource, script) ? new URL(originalSource, script).href : String(originalSource);
    return { ...frame, script: toPath(source), line: originalLine + 1, column: originalColumn + 1 };
  });
}

/** `match (/srv/app/search.ts:13:18)` */
export function formatFrame({ name, script, line, column }: Frame): string {
  const place = `${script === '' ? '<anonymous>' : script}:${line}:${column}`;
  return name === '' ? place : `${name} (${place})`;
}

/** The calls of the program's own code: those of Node, of packages and of Qilin only where there are no others. */
export function ownFrames(frames: readonly Frame[]): readonly Frame[] {
  const beyondNode = frames.filter(({ script }) => script !== '' && !script.startsWith('node:'));
  const isForeign = ({ script }: Frame) =>
    script.includes('/node_modules/') || QILIN.some((folder) => script.startsWith(folder));
  const own = beyondNode.filter((frame) => !isForeign(frame));
  return [own, beyondNode, frames].find(({ length }) => length > 0) ?? [];
}

/** A map that is nonsense maps nothing. */
function readMap(url: string): SourceMap | undefined {
  const [, kind = '', text = ''] = /^data:application\/json([^,]*),(.*)$/s.exec(url) ?? [];
  try {
    const json = kind.endsWith(';base64') ? Buffer.from(text, 'base64').toString() : decodeURIComponent(text);
    const payload: SourceMapPayload = JSON.parse(json);
    return new SourceMap(payload);
  } catch {
    return undefined;
  }
}

/** A script may call itself as it likes, by a URL that is no path too. */
function toPath(script: string): string {
  try {
    return script.startsWith('file:') ? fileURLToPath(script) : script;
  } catch {
    return script;
  }
}
