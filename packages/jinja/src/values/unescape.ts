/** Character references of HTML as characters: Python's `html.unescape()`. */
import { ENTITIES, LATIN_1_NAMES } from './entities.ts';

const REFERENCE = /&(?:#[xX]([\da-fA-F]+);?|#(\d+);?|([^\t\n\f <&#;]{1,32});?)/g;

const SIGNS = ['amp', 'lt', 'gt', 'quot'];

/** Names that HTML reads without their semicolon, and in whatever else they begin. */
const UNENDED: ReadonlySet<string> = new Set([
  ...LATIN_1_NAMES,
  ...SIGNS,
  ...SIGNS.map((name) => name.toUpperCase()),
  'COPY',
  'REG',
]);

const LONGEST_UNENDED = Math.max(...[...UNENDED].map((name) => name.length));

/** What stands for 0x80 to 0x9f: Windows' characters. */
const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

export const unescapeHtml = (html: string): string =>
  html.replace(REFERENCE, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return named(whole, name);
    return numbered(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });

function named(whole: string, name: string): string {
  const found = whole.endsWith(';') ? ENTITIES.get(name) : undefined;
  if (found !== undefined) return found;
  for (let end = Math.min(name.length, LONGEST_UNENDED); end > 1; end--) {
    const start = name.slice(0, end);
    if (UNENDED.has(start)) return (ENTITIES.get(start) ?? '') + whole.slice(1 + end);
  }
  return whole;
}

function numbered(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd';
  if (code >= 0x80 && code <= 0x9f) return WINDOWS[code - 0x80] ?? '';
  const isControl = (code < 0x20 && ![0x9, 0xa, 0xc, 0xd].includes(code)) || code === 0x7f;
  const isNoCharacter = (code & 0xfffe) === 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
  return isControl || isNoCharacter ? '' : String.fromCodePoint(code);
}
