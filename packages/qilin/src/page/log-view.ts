/** The end of the log, as it grows. Who has scrolled up reads on undisturbed. */
import type { LogNews } from '../dashboard/feed.ts';

const MOST_LINES = 300;
/** CSS pixels from its end at which it still follows. */
const NEAR = 30;

export class LogView {
  readonly #element: HTMLElement;
  #source: LogNews['source'] | undefined;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  /** @param cut Stands for lines that were left out. */
  add({ source, lines, isCut }: LogNews, cut: string): void {
    const element = this.#element;
    if (source !== this.#source) element.replaceChildren();
    this.#source = source;
    if (lines.length === 0) return;
    const follows = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    const shown = isCut ? [cut, ...lines] : lines;
    // A text node for each line: what a log says is never markup.
    element.append(...shown.map((line) => document.createTextNode(`${line}\n`)));
    while (element.childNodes.length > MOST_LINES) element.firstChild?.remove();
    if (follows) element.scrollTop = element.scrollHeight;
  }
}
