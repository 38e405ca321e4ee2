/** Work that has all to be done, whatever one part of it throws. */

/**
 * Calls all, in order, one after the other: what one throws does not keep the others from what they have to do.
 * @throws what one of them threw; of several an AggregateError
 */
export async function callEach(works: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} teardown functions failed.`);
  if (errors.length === 1) throw errors[0];
}
