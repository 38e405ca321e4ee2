/** What the memory of V8 in a worker is made of, in few words for all versions of Node. */

export const MEMORY_SPACES = ['new', 'old', 'large', 'code', 'external', 'other'] as const;

/** V8's spaces, by how their names begin; the first that fits counts. */
const BY_NAME: readonly (readonly [RegExp, (typeof MEMORY_SPACES)[number]])[] = [
  [/^new_/, 'new'],
  [/^code_/, 'code'],
  [/large_object/, 'large'],
  [/^old_/, 'old'],
];

interface Space {
  readonly space_name: string;
  readonly space_used_size: number;
}

/** Bytes in use, in the order of the table; `external` is what lies outside of the heap, such as buffers. */
export function memoryBySpace(spaces: readonly Space[], external: number): readonly number[] {
  const bytes = new Map<string, number>([['external', external]]);
  for (const { space_name: name, space_used_size: used } of spaces) {
    const [, kind] = BY_NAME.find(([pattern]) => pattern.test(name)) ?? [null, 'other'];
    bytes.set(kind, (bytes.get(kind) ?? 0) + used);
  }
  return MEMORY_SPACES.map((kind) => bytes.get(kind) ?? 0);
}
