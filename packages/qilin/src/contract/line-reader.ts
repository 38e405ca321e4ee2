/** Cuts a stream of text into lines. Invariant: what is kept of a line that has not ended stays below the limit. */

export class LineReader {
  readonly #limit: number;
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: () => void;
  #partial = '';
  /** Within a line that was too long. */
  #skipping = false;

  /**
   * @param limit Characters of the longest line. A longer one is left out, and what follows it is read on.
   * @param onLine Called with each line, its end taken off. One that has no end is none: its writer died in the middle.
   */
  constructor(limit: number, onLine: (line: string) => void, onTooLong: () => void) {
    this.#limit = limit;
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  push(text: string): void {
    const [first = '', ...others] = text.split('\n');
    this.#extend(first);
    for (const part of others) {
      this.#end();
      this.#extend(part);
    }
  }

  #extend(part: string): void {
    if (this.#skipping) return;
    this.#partial += part;
    if (this.#partial.length <= this.#limit) return;
    this.#partial = '';
    this.#skipping = true;
    this.#onTooLong();
  }

  #end(): void {
    const line = this.#partial;
    const isWhole = !this.#skipping;
    this.#partial = '';
    this.#skipping = false;
    if (isWhole) this.#onLine(line);
  }
}
