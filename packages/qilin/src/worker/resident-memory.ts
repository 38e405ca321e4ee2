/** The resident memory of this process, also while it has no descriptor left. */

/**
 * Node reads it from a file of /proc, and throws where no descriptor is left to open one: then it is what it was the last time.
 * @param read Bytes, or it throws.
 */
export function residentMemory(read: () => number = process.memoryUsage.rss): () => number {
  let last = 0;
  return () => {
    try {
      last = read();
    } catch {
      // A number that is a little old is no reason for a worker to end with all that its clients have asked for.
    }
    return last;
  };
}
