/** How the last reload (HUP) or upgrade (USR2) goes, or went: for `/status`, and for whoever waits for its end. */
import type { ReloadStatus } from '../contract/status.ts';

type Way = ReloadStatus['by'];

export interface ReloadResult {
  readonly outcome: 'done' | 'called off';
  /** As in `ReloadStatus`. */
  readonly generation: number | null;
  readonly reason: string | null;
  /** What the new workers, or settings, said of their failure, each once. */
  readonly said: readonly string[];
}

/** Texts that are kept of one reload: all of its workers may fail, each in its own way. */
const MOST_SAID = 4;

export class LastReload {
  #status: ReloadStatus | null = null;
  readonly #counts = new Map<string, number>();
  readonly #said: Record<Way, readonly string[]> = { HUP: [], USR2: [] };
  readonly #waiting: Record<Way, ((result: ReloadResult) => void)[]> = { HUP: [], USR2: [] };

  /** null before the first. */
  get status(): ReloadStatus | null {
    return this.#status;
  }

  /** How many of a kind have ended so. */
  count(by: Way, outcome: ReloadResult['outcome']): number {
    return this.#counts.get(`${by} ${outcome}`) ?? 0;
  }

  begin(by: Way): void {
    this.#said[by] = [];
    const at = new Date().toISOString();
    this.#status = { by, at, endedAt: null, outcome: 'under way', generation: null, reason: null };
  }

  boots(generation: number): void {
    if (this.#status !== null) this.#status = { ...this.#status, generation };
  }

  /** Why it will be called off, in the words of those that fail. The log has it too. */
  says(by: Way, text: string): void {
    const said = this.#said[by];
    if (said.length < MOST_SAID && !said.includes(text)) this.#said[by] = [...said, text];
  }

  /** How the next one of its kind ends that does: one under way may be replaced by another. */
  ended(by: Way): Promise<ReloadResult> {
    return new Promise((resolve) => {
      this.#waiting[by].push(resolve);
    });
  }

  /** Of the last of its kind; nothing changes where one of the other kind came after it. */
  end(by: Way, outcome: 'done' | 'called off', reason: string | null = null): void {
    this.#counts.set(`${by} ${outcome}`, this.count(by, outcome) + 1);
    const isLast = this.#status?.by === by;
    const generation = isLast ? (this.#status?.generation ?? null) : null;
    for (const tell of this.#waiting[by].splice(0)) tell({ outcome, generation, reason, said: this.#said[by] });
    if (this.#status === null || !isLast) return;
    this.#status = { ...this.#status, endedAt: new Date().toISOString(), outcome, reason };
  }
}
