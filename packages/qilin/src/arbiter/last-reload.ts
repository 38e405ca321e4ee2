/**
 * How reloads (HUP) and upgrades (USR2) go, and went: for `/status`, and for whoever waits for the end of one. Invariant: whoever waits is
 * told of the attempt that they asked for, or of the one that took its place, and never of an older one that ends meanwhile.
 */
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

/** Texts that are kept of one attempt: all of its workers may fail, each in its own way. */
const MOST_SAID = 4;
/** Attempts that are remembered. */
const MOST_KNOWN = 10;

/** One reload, or upgrade. */
export class Attempt {
  readonly by: Way;
  /** How it ends, or that which took its place. */
  readonly ended: Promise<ReloadResult>;
  #resolve: (result: ReloadResult | Promise<ReloadResult>) => void = () => {};
  #said: readonly string[] = [];
  #status: ReloadStatus;

  constructor(by: Way) {
    this.by = by;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const at = new Date().toISOString();
    this.#status = { by, at, endedAt: null, outcome: 'under way', generation: null, reason: null };
  }

  get status(): ReloadStatus {
    return this.#status;
  }

  boots(generation: number): void {
    this.#status = { ...this.#status, generation };
  }

  /** Why it will be called off, in the words of those that fail. The log has it too. */
  says(text: string): void {
    if (this.#said.length < MOST_SAID && !this.#said.includes(text)) this.#said = [...this.#said, text];
  }

  end(outcome: ReloadResult['outcome'], reason: string | null): void {
    this.#status = { ...this.#status, endedAt: new Date().toISOString(), outcome, reason };
    this.#resolve({ outcome, generation: this.#status.generation, reason, said: this.#said });
  }

  replacedBy(next: Attempt): void {
    this.#resolve(next.ended);
  }
}

export class LastReload {
  /** The newest first. */
  #attempts: readonly Attempt[] = [];
  /** The reload whose settings are being read. */
  #reading: Attempt | undefined;
  /** The reload whose workers boot. */
  #booting: Attempt | undefined;
  readonly #counts = new Map<string, number>();

  /** Of the newest; null before the first. */
  get status(): ReloadStatus | null {
    return this.#attempts[0]?.status ?? null;
  }

  /** Of the last ones, the newest first. */
  get history(): readonly ReloadStatus[] {
    return this.#attempts.map(({ status }) => status);
  }

  /** A reload (HUP) is under way, whatever has been begun since. */
  get isReloading(): boolean {
    return this.#reading !== undefined || this.#booting !== undefined;
  }

  /** How many of a kind have ended so. */
  count(by: Way, outcome: ReloadResult['outcome']): number {
    return this.#counts.get(`${by} ${outcome}`) ?? 0;
  }

  begin(by: Way): Attempt {
    const attempt = new Attempt(by);
    this.#attempts = [attempt, ...this.#attempts.slice(0, MOST_KNOWN - 1)];
    if (by === 'HUP') {
      this.#reading?.replacedBy(attempt);
      this.#reading = attempt;
    }
    return attempt;
  }

  /** The workers of a reload boot, in place of those of another that still did. */
  boots(attempt: Attempt, generation: number): void {
    this.#booting?.replacedBy(attempt);
    this.#booting = attempt;
    this.#reading = undefined;
    attempt.boots(generation);
  }

  /** Of the reload whose workers boot. */
  candidateSays(text: string): void {
    this.#booting?.says(text);
  }

  /** Of that one, too. */
  endCandidate(outcome: ReloadResult['outcome'], reason: string | null = null): void {
    const attempt = this.#booting;
    this.#booting = undefined;
    if (attempt !== undefined) this.end(attempt, outcome, reason);
  }

  end(attempt: Attempt, outcome: ReloadResult['outcome'], reason: string | null = null): void {
    if (this.#reading === attempt) this.#reading = undefined;
    this.#counts.set(`${attempt.by} ${outcome}`, this.count(attempt.by, outcome) + 1);
    attempt.end(outcome, reason);
  }
}
