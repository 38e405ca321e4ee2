/** docs/event-loop.md and its plots, made from a run's measurements. No sentence states a figure that was not measured. */
import { cpus, release, type } from 'node:os';
import { BELIEFS } from './beliefs.mjs';
import { lineChart } from './plot.mjs';
import { CONNECTIONS, costOf, KINDS, microseconds, nameOf, nanoseconds, TIMERS, timerOf } from './results.mjs';

/** @typedef {import('./results.mjs').Results} Results */

/**
 * @param {Results} results
 * @param {'few' | 'all'} activity
 */
function multiplexerSeries(results, activity) {
  return KINDS.map((kind) => {
    const rows = results.multiplexers.filter((row) => row.kind === kind && row.activity === activity);
    const end = rows.find(({ endedAt }) => endedAt !== undefined);
    return {
      name: nameOf(kind),
      points: rows.flatMap(({ connections, waiting }) =>
        waiting === undefined ? [] : [/** @type {const} */ ([connections, waiting / 1000])],
      ),
      ...(end === undefined ? {} : { note: `(ends at ${end.endedAt})` }),
    };
  });
}

/**
 * @param {Results} results
 * @param {readonly (readonly ['heap' | 'wheel', 'set' | 'putOff' | 'clear' | 'expire', string])[]} lines
 */
const timerSeries = (results, lines) =>
  lines.map(([kind, operation, name]) => ({
    name,
    points: TIMERS.map((count) => /** @type {const} */ ([count, timerOf(results, kind, count)[operation]])),
  }));

/**
 * @param {Results} results
 * @returns {Readonly<Record<string, string>>} SVG by the file's name
 */
export function charts(results) {
  const connections = { xLabel: 'open connections', ticks: CONNECTIONS, yLabel: 'µs for each event' };
  const timers = { xLabel: 'timers', ticks: TIMERS, yLabel: 'ns for each timer' };
  return {
    'multiplexers-few': lineChart({
      ...connections,
      title: 'Asking which connections are ready, 1 % active',
      series: multiplexerSeries(results, 'few'),
    }),
    'multiplexers-all': lineChart({
      ...connections,
      title: 'Asking which connections are ready, all active',
      series: multiplexerSeries(results, 'all'),
    }),
    'timers-set': lineChart({
      ...timers,
      title: 'Setting a timer, and putting it off',
      series: timerSeries(results, [
        ['heap', 'set', 'heap, set'],
        ['heap', 'putOff', 'heap, put off'],
        ['wheel', 'set', 'wheel, set'],
        ['wheel', 'putOff', 'wheel, put off'],
      ]),
    }),
    'timers-end': lineChart({
      ...timers,
      title: 'Clearing a timer, and letting it expire',
      series: timerSeries(results, [
        ['heap', 'expire', 'heap, expire'],
        ['heap', 'clear', 'heap, clear'],
        ['wheel', 'expire', 'wheel, expire'],
        ['wheel', 'clear', 'wheel, clear'],
      ]),
    }),
  };
}

/** @param {readonly (readonly string[])[]} rows the first is the heading */
const table = ([heading = [], ...rows]) =>
  [heading, heading.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

/**
 * @param {Results} results
 * @param {'few' | 'all'} activity
 */
const multiplexerTable = (results, activity) =>
  table([
    ['connections', ...KINDS.map(nameOf)],
    ...CONNECTIONS.map((count) => [
      String(count),
      ...KINDS.map((kind) => {
        const { waiting, total, endedAt } = costOf(results, kind, count, activity);
        return endedAt === undefined ? `${microseconds(waiting)} (${microseconds(total)})` : `ends at ${endedAt}`;
      }),
    ]),
  ]);

/** @param {Results} results */
const timerTable = (results) =>
  table([
    ['timers', ...['set', 'put off', 'clear', 'expire'].flatMap((name) => [`heap, ${name}`, `wheel, ${name}`])],
    ...TIMERS.map((count) => [
      String(count),
      .../** @type {const} */ (['set', 'putOff', 'clear', 'expire']).flatMap((operation) =>
        /** @type {const} */ (['heap', 'wheel']).map((kind) => nanoseconds(timerOf(results, kind, count)[operation])),
      ),
    ]),
  ]);

/** @param {Results} results */
const halfReadTable = ({ halfRead }) => {
  const told = (/** @type {boolean} */ yes) => (yes ? 'ready' : '–');
  return table([
    ['what happened', ...halfRead.map(({ kind }) => nameOf(kind))],
    ['nothing yet', ...halfRead.map(({ idle }) => told(idle))],
    ['8 bytes arrived', ...halfRead.map(({ arrived }) => told(arrived))],
    ['4 of them were read', ...halfRead.map((row) => told(row.halfRead))],
    ['asked once more', ...halfRead.map(({ askedAgain }) => told(askedAgain))],
    ['`Watch()` was called again', ...halfRead.map(({ watchedAgain }) => told(watchedAgain))],
    ['8 more arrived', ...halfRead.map(({ moreArrived }) => told(moreArrived))],
    ['all were read', ...halfRead.map(({ allRead }) => told(allRead))],
  ]);
};

/** @param {number} load processes that wanted to run when it began, over the last minute */
const loadSentence = (load) =>
  load < 1
    ? 'Nothing else was running.'
    : `Other work was running beside it (load ${load.toFixed(1)}): what needs the processor's cache looks dearer than it is.`;

/**
 * @param {Results} results
 * @returns {string}
 */
export function page(results) {
  const beliefs = BELIEFS.map(({ belief, verdict }) => `- **“${belief}”** ${verdict(results)}`);
  return `<!-- Written by npm run lab; the text is in lab/. -->

# The event loop, measured

A server with many connections asks two questions all the time: which of them have something to read, and whose time is
up? This page measures the ways that Qilin's native kernel has of answering them (settings \`multiplexer\` and \`timers\`):
its own code, not a model of it. \`npm run lab\` measures anew and writes this page again.

Measured on ${type()} ${release()}, ${process.arch}, ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, with connections over unix sockets. Medians;
figures below a microsecond vary by a few tens of percent from run to run. ${loadSentence(results.load)}

## Which connections are ready?

\`select\` and \`poll\` are given the whole list of connections with every question, and look at each one. \`epoll\` is given
the list once; the kernel notes down what becomes ready as it happens, and the question only reads the notes.

The first figure is what one ready connection costs in asking, the one in brackets includes reading it. Of the connections,
1 % are active (one at least):

${multiplexerTable(results, 'few')}

![Cost of an event by open connections, 1 % active](event-loop/multiplexers-few.svg)

The lines of select and poll rise little from 256 connections on, and rightly so: with 1 % active there are always a
hundred connections to look at for each that is ready. What grows is the question as a whole: with 8000 connections
poll takes ${microseconds(80 * costOf(results, 'poll', 8000, 'few').waiting)} to find 80, epoll ${microseconds(80 * costOf(results, 'epoll-edge', 8000, 'few').waiting)}; and when a single one is ready, poll takes nearly as long for that one.

When all of them are active, the list is worth its reading: each look finds something.

${multiplexerTable(results, 'all')}

![Cost of an event by open connections, all active](event-loop/multiplexers-all.svg)

\`select\` ends where its bitmap does, at descriptor 1023 (FD_SETSIZE): the kernel closes a connection beyond it with a
clear error and serves the others.

## What if a read is left half done?

Level-triggered means: tell me as long as something is there. Edge-triggered means: tell me when something comes. So
under edge-triggering whoever leaves bytes unread is not reminded of them:

${halfReadTable(results)}

This is why an edge-triggered loop reads until there is nothing left, or remembers that it has not. Qilin's does the
latter when a handler is slow to take a body: \`Watch()\` asks the kernel to look again, and that look is told.

## Whose time is up?

Each connection has one deadline at a time: for its request's head, its body, its next request. The **heap** keeps them
sorted, the earliest on top, and is exact to the millisecond. The **wheel** is a ring of 128 slots of
100 ms; a slot is a vector of bits, one for each descriptor, and nothing is ever sorted. Nanoseconds for each timer:

${timerTable(results)}

![Cost of setting a timer by their number](event-loop/timers-set.svg)

![Cost of clearing a timer and of its expiry by their number](event-loop/timers-end.svg)

“Put off” is what each request does to its connection's keep-alive. The wheel then only writes the new time down: the bit
stays, and when its slot's turn comes the connection is moved to where it belongs by then.

## What is said, and what we saw

${beliefs.join('\n')}
`;
}
