/** Text that is HTML already: `Markup` as markupsafe's. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

const SPECIAL = /[&<>"']/;

/** HTML of a text. */
export const escapeText = (text: string): string =>
  SPECIAL.test(text) ? text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character) : text;

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

export const isHtml = (value: unknown): value is Html =>
  typeof value === 'object' && value !== null && '__html__' in value && typeof value.__html__ === 'function';
