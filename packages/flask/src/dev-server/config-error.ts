/** What `app.run()` throws; a file of its own, since the server behind it needs a system that not every place has. */

/** Options that contradict each other, or a value that is none. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
