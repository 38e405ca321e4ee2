/** One server's life under chaos: fault after fault, each followed by a look at the whole, until the server is told to end. */
import { APP_FAULTS } from './app-faults.ts';
import { beyond } from './cost.ts';
import { DEPLOY_FAULTS } from './deploy-faults.ts';
import type { Drawn } from './drawing.ts';
import type { Fault } from './fault.ts';
import { expectEnd, expectWell, firstBelongings } from './invariants.ts';
import { MACHINE_FAULTS } from './machine-faults.ts';
import { PROCESS_FAULTS } from './process-faults.ts';
import { Random } from './random.ts';
import { Scene, type Setting } from './scene.ts';

export const FAULTS: readonly Fault[] = [...PROCESS_FAULTS, ...DEPLOY_FAULTS, ...APP_FAULTS, ...MACHINE_FAULTS];

export interface Tally {
  readonly faults: number;
  readonly requests: number;
  /** Lost with a process that was killed. */
  readonly forgiven: number;
}

type Tell = (line: string) => void;

async function play(scene: Scene, drawn: Drawn, whenWell: () => Promise<void>, tell: Tell): Promise<number> {
  const { load, server } = scene;
  const fault = FAULTS.find(({ name }) => name === drawn.name);
  if (fault === undefined) throw new Error(`there is no fault ${drawn.name}`);
  const lack = fault.lacks?.(scene);
  if (lack !== undefined) {
    tell(`${drawn.name}: skipped, ${lack}`);
    return 0;
  }
  tell(drawn.name);
  load.begin(drawn.name);
  const from = server.log.length;
  const { forgiven } = load;
  await fault.act(scene, new Random(drawn.seed));
  await whenWell();
  const toll = { forgiven: load.forgiven - forgiven, faults: load.faults, log: server.log.slice(from) };
  const complaints = beyond(fault.cost, toll);
  if (complaints.length > 0) throw new Error([drawn.name, ...complaints].join('\n'));
  return 1;
}

/** What was expected, whole, as an assertion's own message has only its beginning. */
function explained(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause ?? '');
  const whole = 'actual' in cause && 'expected' in cause ? { actual: cause.actual, expected: cause.expected } : {};
  return `${cause} ${JSON.stringify(whole)}`;
}

/** @param faults none are begun once they have been drawn */
export async function run(setting: Setting, faults: Iterable<Drawn>, tell: Tell): Promise<Tally> {
  await using scene = await Scene.open(setting);
  const { load, server } = scene;
  try {
    await load.progress(200);
    const first = await firstBelongings(scene);
    let count = 0;
    for (const drawn of faults) count += await play(scene, drawn, () => expectWell(scene, first), tell);
    await expectEnd(scene);
    return { faults: count, requests: load.requests, forgiven: load.forgiven };
  } catch (error) {
    // At once: the others may go on for long.
    tell(`FAILED: ${String(error)} ${error instanceof Error ? explained(error.cause) : ''}`);
    throw new Error(`${String(error)}\n${load.report()}\n${server.log}`, { cause: error });
  }
}
