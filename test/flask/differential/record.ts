/**
 * Records where Flask 3.1 answers otherwise than the Flask 2.2 that the suite asks, since Debian has no other yet:
 *
 *     PYTHONPATH=flask-3.1/src:werkzeug-3.1/src node test/flask/differential/record.ts > test/flask/differential/recorded.json
 *
 * by a Node that runs TypeScript, with PYTHONPATH naming the sources of both. Only in what their answers differ is kept.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Case } from './case.ts';
import { CASES } from './cases/index.ts';
import { Client } from './client.ts';
import { type Change, type Comparable, changeFrom, comparable } from './compare.ts';
import type { Recorded } from './recorded.ts';
import { Reference } from './reference.ts';

const { PYTHONPATH, ...environment } = process.env;
await using old = await Reference.start(environment);
await using recent = await Reference.start(process.env);
const answers: Record<string, Record<string, readonly (Change | null)[]>> = {};
for (const [area, cases] of Object.entries(CASES)) {
  for (const one of cases) {
    const [before, after] = [await play(old, one), await play(recent, one)];
    if (isDeepStrictEqual(before, after)) continue;
    answers[area] ??= {};
    answers[area][one.name] = after.map((answer, step) =>
      withoutOverridden(changeFrom(before[step], answer), one, step),
    );
  }
}
const recorded: Recorded = { versions: recent.versions, answers };
process.stdout.write(`${JSON.stringify(recorded, undefined, 2)}\n`);

/** Of a long body that is another one on purpose nothing need be kept. */
function withoutOverridden(change: Change | null, { steps, differs }: Case, step: number): Change | null {
  if (change === null || step < steps.length - 1 || differs?.body === undefined) return change;
  if ((change.body ?? '').length < 4096) return change;
  const { body: _, ...others } = change;
  return others;
}

async function play(reference: Reference, { steps }: Case): Promise<Comparable[]> {
  const client = new Client(reference.port);
  const got: Comparable[] = [];
  for (const ask of steps) got.push(comparable(await client.send(ask)));
  return got;
}
