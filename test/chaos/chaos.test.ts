/**
 * Faults by chance, of which each seed has its own, done to servers whose clients check every answer: what is done say *-faults.ts, what
 * that may cost cost.ts, and what holds afterwards invariants.ts. `npm run chaos -- MINUTES --seed N` takes as long as it is told.
 */
import { describe, test } from 'vitest';
import { linux } from '../needs.ts';
import { type Drawn, draw } from './drawing.ts';
import { FAULTS, run, type Tally } from './run.ts';
import { ALL_KINDS, CLASSES, type Setting } from './scene.ts';
import { accessLogHere, userHere } from './site.ts';

const { QILIN_CHAOS_MINUTES: minutes, QILIN_CHAOS_SEED: seed = '1' } = process.env;
const IS_LONG = minutes !== undefined;
/** Milliseconds; no fault is begun after them. Without the variable all classes together have a minute and a half of it. */
const LENGTH = IS_LONG ? Number(minutes) * 60_000 : 30_000;
const PATIENCE = LENGTH + 600_000;

/** The faults of one round, as long as there is time. */
function* roundOf(faults: Iterator<Drawn, never>, isOver: () => boolean): Generator<Drawn> {
  for (let left = FAULTS.length; left > 0 && !isOver(); left--) yield faults.next().value;
}

describe.skipIf(linux.isMissing).concurrent(linux.named('whatever is done to a server'), () => {
  // A server that stands still needs no time: those of all classes are at it together.
  test.each(CLASSES.map((each, index) => ({ ...each, index, seed: Number(seed) + index })))(
    'class $name, seed $seed: every client gets every answer, but for what a killed process had in hand',
    async ({ name, flags, seed, index }) => {
      const began = performance.now();
      const tell = (line: string) => {
        const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(7);
        console.log(`${seconds} s  ${name.padEnd(7)}  ${line}`);
      };
      const isOver = () => performance.now() - began >= LENGTH;
      const faults = draw(
        seed,
        FAULTS.map((fault) => fault.name),
      );
      const tallies: Tally[] = [];
      tell(`seed ${seed}`);
      do {
        const turn = tallies.length + index;
        const app = turn % 2 === 0 ? 'app' : 'fetchApp';
        const accessLog = accessLogHere(turn % 3 === 2 ? 'pipe' : 'disk');
        const setting: Setting = { flags, app, accessLog, user: userHere, clients: ALL_KINDS };
        tallies.push(await run(setting, roundOf(faults, isOver), tell));
      } while (IS_LONG && !isOver());
      tell(summary(tallies));
    },
    PATIENCE,
  );
});

function summary(tallies: readonly Tally[]): string {
  const sum = (count: (tally: Tally) => number) => tallies.reduce((all, tally) => all + count(tally), 0);
  const [faults, requests, forgiven] = [sum((t) => t.faults), sum((t) => t.requests), sum((t) => t.forgiven)];
  return `${faults} of ${FAULTS.length * tallies.length} faults, ${requests} requests answered, ${forgiven} lost with killed processes, 0 others`;
}
