/** The worker classes that every shared suite runs on: one entry each, with what a class cannot do and why. */
import { test } from 'vitest';

type Ability =
  /** Connections outlive a request. */
  | 'keepAlive'
  /** A worker has many requests in hand at once. */
  | 'concurrency'
  /** What ends one event loop ends its worker. */
  | 'oneLoop';

export interface ClassUnderTest {
  /** As a user names it. */
  readonly name: string;
  readonly flags: readonly string[];
  /** What it cannot do, with the reason. */
  readonly lacks: Readonly<Partial<Record<Ability, string>>>;
}

const THREAD_ALONE = 'a thread is replaced alone: test/processes/threads.test.ts';

export const CLASSES: readonly ClassUnderTest[] = [
  { name: 'async', flags: ['-k', 'async'], lacks: {} },
  { name: 'picoev', flags: ['-k', 'picoev'], lacks: {} },
  {
    name: 'threads',
    flags: ['-k', 'threads', '--threads', '2'],
    lacks: { oneLoop: THREAD_ALONE },
  },
  {
    name: 'sync',
    flags: ['-k', 'sync'],
    lacks: {
      keepAlive: 'one connection, one request, closed: that is what the class is for',
      concurrency: 'one request at a time: that is what the class is for',
    },
  },
];

export function classNamed(wanted: string): ClassUnderTest {
  const found = CLASSES.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`there is no class ${wanted}`);
  return found;
}

/** One event loop, so that its counts are all. */
export const alone = ({ flags }: ClassUnderTest): readonly string[] =>
  flags.includes('--threads') ? ['-k', 'threads', '--threads', '1'] : flags;

/** A test of what needs an ability; a class that lacks it skips the test, with its reason in the name. */
export function testIfAble({ lacks }: ClassUnderTest, ability: Ability, name: string, run: () => Promise<void>): void {
  const reason = lacks[ability];
  if (reason === undefined) test(name, run);
  else test.skip(`${name} (${reason})`);
}

interface Shape {
  readonly kind: string;
  readonly app: string;
}

/** test/fixtures/deeds.mjs in the shape that every class serves: for what does not depend on it. */
export const FETCH_APP = 'test/fixtures/deeds.mjs:fetchApp';

/** The same for what fetch handlers have no word for. */
export const LISTENER_APP = 'test/fixtures/deeds.mjs:app';

/** test/fixtures/deeds.mjs in each shape. */
export const SHAPES: readonly Shape[] = [
  { kind: 'a fetch handler', app: FETCH_APP },
  { kind: 'a Node listener', app: LISTENER_APP },
];
