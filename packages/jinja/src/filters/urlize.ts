/** Makes links of the addresses in HTML text. */
import { escapeText } from '../values/markup.ts';

interface UrlizeRules {
  readonly limit: number | null;
  readonly rel: string;
  readonly target: string | null;
  readonly schemes: readonly string[];
}

const WORD = '[\\p{L}\\p{N}_]';

/** An address with `http`, `https` or `www`, or of a well-known domain: after it a port, a path, a query. */
const HTTP = new RegExp(
  '^(?:' +
    `(?:https?://|www\\.)(?:(?:[\\p{L}\\p{N}_%-]+\\.)+)?(?:[a-z]{2,63}|xn--[\\p{L}\\p{N}_%]{2,59})` +
    `|(?:[\\p{L}\\p{N}_%-]{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)` +
    `|https?://(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[(?:[\\da-f]{0,4}:){2}(?:[\\da-f]{0,4}:?){1,6}\\])` +
    ')(?::\\d{1,5})?(?:[/?#]\\S*)?$',
  'iu',
);
const EMAIL = new RegExp(`^\\S+@${WORD}[\\p{L}\\p{N}_.-]*\\.${WORD}+$`, 'u');

const HEAD = /^(?:[(<]|&lt;)+/;
const TAILS = [')', '>', '.', ',', '\n', '&gt;'];
const PAIRS = [
  ['(', ')'],
  ['<', '>'],
  ['&lt;', '&gt;'],
] as const;

const count = (text: string, part: string) => text.split(part).length - 1;

/** @param html Text that is escaped already */
export function urlize(html: string, rules: UrlizeRules): string {
  return html
    .split(/(\s+)/)
    .map((word) => linked(word, rules))
    .join('');
}

function linked(word: string, rules: UrlizeRules): string {
  const head = HEAD.exec(word)?.[0] ?? '';
  let middle = word.slice(head.length);
  const end = tailStart(middle);
  let tail = middle.slice(end);
  middle = middle.slice(0, end);
  for (const [open, close] of PAIRS) {
    const opened = count(middle, open);
    if (opened <= count(middle, close)) continue;
    for (let i = Math.min(opened, count(tail, close)); i > 0; i--) {
      const length = tail.indexOf(close) + close.length;
      middle += tail.slice(0, length);
      tail = tail.slice(length);
    }
  }
  return head + link(middle, rules) + tail;
}

/** Where the punctuation begins that ends a word. From the end: a pattern would look from each of its characters. */
function tailStart(word: string): number {
  let end = word.length;
  for (;;) {
    const part = TAILS.find((one) => word.startsWith(one, end - one.length) && end >= one.length);
    if (part === undefined) return end;
    end -= part.length;
  }
}

function link(text: string, { limit, rel, target, schemes }: UrlizeRules): string {
  const attributes = (rel ? ` rel="${escapeText(rel)}"` : '') + (target ? ` target="${escapeText(target)}"` : '');
  if (HTTP.test(text)) {
    const shown = limit !== null && text.length > limit ? `${text.slice(0, limit)}...` : text;
    const href = /^https?:\/\//.test(text) ? text : `https://${text}`;
    return `<a href="${href}"${attributes}>${shown}</a>`;
  }
  if (text.startsWith('mailto:') && EMAIL.test(text.slice(7))) return `<a href="${text}">${text.slice(7)}</a>`;
  if (text.includes('@') && !text.startsWith('www.') && !text.includes(':') && EMAIL.test(text)) {
    return `<a href="mailto:${text}">${text}</a>`;
  }
  const matches = schemes.filter((scheme) => text !== scheme && text.startsWith(scheme));
  return matches.reduce((shown) => `<a href="${shown}"${attributes}>${shown}</a>`, text);
}
