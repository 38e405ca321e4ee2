/** The worker classes that every shared suite runs on: one entry each, with what sets it apart and why. */

export interface ClassUnderTest {
  /** As a user names it. */
  readonly name: string;
  readonly flags: readonly string[];
  /** Connections outlive a request. */
  readonly keepsAlive: boolean;
  /** A worker has many requests in hand at once. */
  readonly concurrent: boolean;
}

export const CLASSES: readonly ClassUnderTest[] = [
  { name: 'async', flags: ['-k', 'async'], keepsAlive: true, concurrent: true },
  { name: 'picoev', flags: ['-k', 'picoev'], keepsAlive: true, concurrent: true },
  // One connection, one request, closed: that is what the class is for.
  { name: 'sync', flags: ['-k', 'sync'], keepsAlive: false, concurrent: false },
];
