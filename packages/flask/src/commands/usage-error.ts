/** What is said to who typed a command: a sentence, and no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
