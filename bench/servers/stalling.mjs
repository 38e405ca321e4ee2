/** An app whose event loop stands still in each of the ways that JavaScript has, for so many milliseconds of its thread's CPU time. */
import { readFileSync } from 'node:fs';

const TEXT = JSON.stringify(Array.from({ length: 2_000 }, (_, index) => ({ index, name: String(index) })));
/** Each test of it takes some milliseconds. */
const SUBJECT = `${'a'.repeat(18)}!`;
/** What a collection has to go through. */
const kept = Array.from({ length: 20_000 }, (_, index) => ({ index }));

/**
 * Nanoseconds, as the first of its numbers: proc_pid_schedstat(5), exact and without the threads that help with the garbage. A function of Node's
 * alone, so that none of this file is above those whose lines are to be told. @type {() => string}
 */
const usage = /** @type {() => string} */ (readFileSync.bind(null, '/proc/thread-self/schedstat', 'latin1'));

/** The names of functions are what is to be told. @type {Readonly<Record<string, (end: number) => void>>} */
const STALLS = {
  loop(end) {
    while (Number.parseInt(usage(), 10) < end);
  },
  match(end) {
    while (Number.parseInt(usage(), 10) < end) /^(?:a|a?)+$/.test(SUBJECT);
  },
  parse(end) {
    while (Number.parseInt(usage(), 10) < end) JSON.parse(TEXT);
  },
  collect(end) {
    while (Number.parseInt(usage(), 10) < end) for (const each of kept) void { ...each };
  },
};

/** Nanoseconds on a CPU, and waiting for one. */
const counts = () => usage().split(' ').map(Number);

export default {
  /** Answers with the milliseconds for which it stood still: all but the time in which no CPU was free. @param {Request} request */
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const [began, [used = 0, before = 0]] = [performance.now(), counts()];
    STALLS[pathname.slice(1)]?.(used + Number(searchParams.get('ms')) * 1e6);
    const [, waited = 0] = counts();
    return new Response(String(performance.now() - began - (waited - before) / 1e6));
  },
};
