/** The header lines of an answer that is, or could have been, encoded. */
import { type HeaderOf, type ReadHeader, varyWith, weakTag } from './compression.ts';

const READ = /^(content-type|content-encoding|content-range|cache-control|etag|vary):[ \t]*(.*)\r$/gim;

/** Of `name: value\r\n` lines. */
export function headersOf(lines: string): HeaderOf {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of lines.matchAll(READ)) {
    const key = name.toLowerCase();
    const before = found.get(key);
    found.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return (name: ReadHeader) => found.get(name);
}

/** Of one that stays as it is, for a client that takes no coding. */
export const unencodedLines = (lines: string, header: HeaderOf): string =>
  `${lines.replace(VARY, '')}Vary: ${varyWith(header('vary'))}\r\n`;

/** Its ranges are those of the body as it is: none are offered. */
export function encodedLines(lines: string, header: HeaderOf, coding: string): string {
  const etag = header('etag');
  const tag = etag === undefined ? '' : `ETag: ${weakTag(etag)}\r\n`;
  return `${unencodedLines(lines.replace(REPLACED, ''), header)}${tag}Content-Encoding: ${coding}\r\n`;
}

const VARY = /^vary:.*\r\n/gim;
const REPLACED = /^(?:etag|accept-ranges):.*\r\n/gim;
