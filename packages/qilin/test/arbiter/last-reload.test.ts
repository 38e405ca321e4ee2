import { expect, test } from 'vitest';
import { LastReload, type ReloadResult } from '../../src/arbiter/last-reload.ts';

/** What whoever waits has been told so far. */
function listener(ended: Promise<ReloadResult>) {
  const told: ReloadResult[] = [];
  void ended.then((result) => told.push(result));
  return async () => {
    await new Promise(setImmediate);
    return told.map(({ outcome, generation, said }) => [outcome, generation, ...said]);
  };
}

test('whoever waits for a reload is not told of one that ends while its own settings are read', async () => {
  const reloads = new LastReload();
  const first = reloads.begin('HUP');
  const ofFirst = listener(first.ended);
  reloads.boots(first, 2);
  const second = reloads.begin('HUP');
  const ofSecond = listener(second.ended);
  reloads.candidateSays('the old code');
  reloads.endCandidate('done');
  expect([await ofFirst(), await ofSecond()]).toEqual([[['done', 2, 'the old code']], []]);
  expect(reloads.status).toMatchObject({ outcome: 'under way', generation: null });
  reloads.end(second, 'called off', 'the settings are not valid');
  expect(await ofSecond()).toEqual([['called off', null]]);
  expect(reloads.status).toMatchObject({ outcome: 'called off', reason: 'the settings are not valid' });
});

test('one whose settings are not valid leaves those waiting that wait for workers that still boot', async () => {
  const reloads = new LastReload();
  const first = reloads.begin('HUP');
  const ofFirst = listener(first.ended);
  reloads.boots(first, 2);
  reloads.end(reloads.begin('HUP'), 'called off', 'x');
  expect(await ofFirst()).toEqual([]);
  reloads.endCandidate('done');
  expect(await ofFirst()).toEqual([['done', 2]]);
  expect([reloads.count('HUP', 'done'), reloads.count('HUP', 'called off')]).toEqual([1, 1]);
});

test('one that is replaced ends as that does which took its place', async () => {
  const reloads = new LastReload();
  const booting = reloads.begin('HUP');
  reloads.boots(booting, 2);
  const [read, last] = [reloads.begin('HUP'), reloads.begin('HUP')];
  const heard = [booting, read, last].map(({ ended }) => listener(ended));
  reloads.boots(last, 3);
  reloads.candidateSays('no database');
  reloads.endCandidate('called off', 'x');
  const told = [['called off', 3, 'no database']];
  for (const hear of heard) expect(await hear()).toEqual(told);
  expect(reloads.count('HUP', 'called off')).toBe(1);
});
