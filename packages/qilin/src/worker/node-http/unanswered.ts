/** Answers that the app will not give any more, on Node's HTTP stack: it has failed, or its time is over. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { knowsOwners } from '@qilin/picoev';
import type { Connection } from './connection.ts';
import { giveUp, statusOfGivenUp } from './give-up.ts';

/** What the code that runs now is at work for. Before Node 24 each promise of the app's would cost more for it. */
const CURRENT = new AsyncLocalStorage<ServerResponse>();

/**
 * To be called as the app is about to be. Holds until this callback of Node's has ended, in which nothing of ours follows: `run()` would
 * make a second frame, only to take the first away.
 */
export function beginAnswer(res: ServerResponse): void {
  if (knowsOwners) CURRENT.enterWith(res);
}

/** 500 to the request whose code has thrown, where that is known. */
export function failCurrent(): void {
  const res = CURRENT.getStore();
  if (res !== undefined) answerInstead(res, 500);
}

/** 503 to all that wait. */
export function refuseUnanswered(connections: Iterable<Connection>): void {
  for (const connection of connections) for (const res of connection.answers()) answerInstead(res, 503);
}

function answerInstead(res: ServerResponse, status: 500 | 503): void {
  if (!res.headersSent && statusOfGivenUp(res) === undefined) giveUp(res.req, res, status);
}
