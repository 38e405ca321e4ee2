/** What an app may return in the place of a promise of this realm: Bluebird's, or one of a `vm` context. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
