/** Which faults come in which order: a pure function of the seed, so that a run can be had again. */
import { Random } from './random.ts';

export interface Drawn {
  /** From 1 on. */
  readonly round: number;
  readonly name: string;
  /** Of what the fault itself leaves to chance: how often, how long, which of several. */
  readonly seed: number;
}

/** Round after round without an end; each has all of the names once, in an order of its own. */
export function* draw(seed: number, names: readonly string[]): Generator<Drawn, never> {
  const random = new Random(seed);
  for (let round = 1; ; round++) {
    for (const name of random.shuffled(names)) yield { round, name, seed: random.integer(0, 2 ** 31) };
  }
}
