/** The last lines that were logged, kept in memory for whoever looks later. Bounded. */

const MOST_LINES = 200;
const LONGEST = 2_000;

export class RecentLines {
  #lines: readonly string[] = [];
  /** How many there have been. */
  #count = 0;

  add(line: string): void {
    const short = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
    this.#lines = [...this.#lines.slice(1 - MOST_LINES), short];
    this.#count += 1;
  }

  /** @param known How many had been there at the look before; of another arbiter, or of nobody, it may be any number. */
  since(known: number): { readonly lines: readonly string[]; readonly isCut: boolean; readonly next: number } {
    const news = known > this.#count ? this.#count : this.#count - known;
    const lines = news === 0 ? [] : this.#lines.slice(-news);
    return { lines, isCut: lines.length < news, next: this.#count };
  }
}
