/** How the last reload (HUP) or upgrade (USR2) goes, or went: for `/status`. */
import type { ReloadStatus } from '../contract/status.ts';

type Way = ReloadStatus['by'];

export class LastReload {
  #status: ReloadStatus | null = null;

  /** null before the first. */
  get status(): ReloadStatus | null {
    return this.#status;
  }

  begin(by: Way): void {
    const at = new Date().toISOString();
    this.#status = { by, at, endedAt: null, outcome: 'under way', generation: null, reason: null };
  }

  boots(generation: number): void {
    if (this.#status !== null) this.#status = { ...this.#status, generation };
  }

  /** Of the last of its kind; nothing changes where one of the other kind came after it. */
  end(by: Way, outcome: 'done' | 'called off', reason: string | null = null): void {
    if (this.#status?.by !== by) return;
    this.#status = { ...this.#status, endedAt: new Date().toISOString(), outcome, reason };
  }
}
