/** Something that a life comes to, or not when it ends before: a promise, and who keeps it. */
export class Milestone<T = void> {
  readonly reached: Promise<T>;
  reach: (value: T) => void = () => {};
  fail: (error: unknown) => void = () => {};

  constructor() {
    this.reached = new Promise<T>((resolve, reject) => {
      this.reach = resolve;
      this.fail = reject;
    });
    // Who waits hears of it; that nobody waits is no fault.
    this.reached.catch(() => {});
  }
}
