/** Text that is HTML already: `Markup` as markupsafe's. */
import { isPlain } from './plain.ts';

const SPECIAL = /[&<>"']/;

const AMPERSAND = 38;
const LESS = 60;
const GREATER = 62;
const DOUBLE_QUOTE = 34;
const QUOTE = 39;

/** HTML of a text. By hand: twice as fast as `replace` with a function. */
export function escapeText(text: string): string {
  const first = text.search(SPECIAL);
  if (first < 0) return text;
  let html = '';
  let start = 0;
  for (let i = first; i < text.length; i++) {
    const entity = entityOf(text.charCodeAt(i));
    if (entity === '') continue;
    html += text.slice(start, i) + entity;
    start = i + 1;
  }
  return html + text.slice(start);
}

function entityOf(code: number): string {
  switch (code) {
    case AMPERSAND:
      return '&amp;';
    case LESS:
      return '&lt;';
    case GREATER:
      return '&gt;';
    case DOUBLE_QUOTE:
      return '&#34;';
    case QUOTE:
      return '&#39;';
    default:
      return '';
  }
}

/** Text that is safe to put into HTML as it is. What is added to it is escaped first. */
export class Markup {
  readonly value: string;

  constructor(value: unknown = '') {
    this.value = isHtml(value) ? value.__html__() : String(value);
  }

  __html__(): string {
    return this.value;
  }

  toString(): string {
    return this.value;
  }

  toJSON(): string {
    return this.value;
  }

  get length(): number {
    return this.value.length;
  }
}

/** A value that knows its own HTML, as markupsafe's protocol says. */
export interface Html {
  __html__(): string;
}

/** A dict is data, whatever its keys: what a template or JSON puts into one is escaped. */
export const isHtml = (value: unknown): value is Html =>
  typeof value === 'object' &&
  value !== null &&
  '__html__' in value &&
  typeof value.__html__ === 'function' &&
  !isPlain(value);
