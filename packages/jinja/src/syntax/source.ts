/** A template's text, and the lines of places in it. */
import type { Place } from '../errors.ts';

export class Source {
  readonly name: string | null;
  /** With `\n` for every kind of line end. */
  readonly text: string;

  constructor(text: string, name: string | null = null) {
    this.text = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
    this.name = name;
  }

  place(offset: number): Place {
    const before = this.text.slice(0, offset);
    const start = before.lastIndexOf('\n') + 1;
    const end = this.text.indexOf('\n', offset);
    return {
      name: this.name ?? '<template>',
      line: before.split('\n').length,
      column: offset - start + 1,
      text: this.text.slice(start, end < 0 ? undefined : end),
    };
  }
}
