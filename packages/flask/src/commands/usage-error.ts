/** What is said to who typed a command: a sentence, and no stack. Click's `UsageError`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
