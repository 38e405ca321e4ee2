/** What is measured, and what is to be reached: one row for each kind of work. */
import * as who from './contenders.mjs';
import { cpuPerRequest, growth, idleMemory, latency, throughput } from './measures.mjs';

/**
 * @typedef {import('./contenders.mjs').Contender} Contender
 *
 * @typedef {object} Goal
 * @property {Contender} who
 * @property {'≤' | '≥' | '<'} is
 * @property {number} [times] Of `of`'s figure; 1 when left out.
 * @property {Contender} [of]
 * @property {number} [plus] Instead of a ratio: so much more than `of`'s figure.
 * @property {number} [bound] Instead of another's figure: a figure of its own.
 *
 * @typedef {object} Row
 * @property {string} id For --only.
 * @property {string} title
 * @property {string} unit
 * @property {import('./apps.mjs').Work} work
 * @property {import('./measures.mjs').Measure} measure
 * @property {readonly Contender[]} contenders In the order in which they take turns.
 * @property {readonly Goal[]} goals
 */

const CPU = 'µs of CPU per request';
const { async, asyncListener, bun, cluster, express, expressAsync, expressPicoev, limit, node, picoev, threads } = who;
const { flask, flaskBlog, gunicorn, gunicornBlog } = who;

/** @type {readonly Goal[]} */
const belowBunAndNode = [
  { who: picoev, is: '<', of: bun },
  { who: picoev, is: '≤', times: 0.6, of: node },
];

/** @type {readonly Row[]} */
export const rows = [
  {
    id: 'hello',
    title: 'GET, 13 bytes of text, 64 keep-alive connections',
    unit: CPU,
    work: 'hello',
    measure: cpuPerRequest(),
    contenders: [limit, bun, node, asyncListener, async, picoev, threads],
    goals: [
      { who: picoev, is: '≤', times: 1.15, of: limit },
      ...belowBunAndNode,
      { who: asyncListener, is: '≤', times: 1.1, of: node },
      { who: async, is: '≤', times: 1.2, of: node },
    ],
  },
  {
    id: 'headers',
    title: "the same with a browser's 700 bytes of headers, two of them read, and a JSON answer",
    unit: CPU,
    work: 'headers',
    measure: cpuPerRequest({ script: 'headers.lua' }),
    contenders: [bun, node, async, picoev, threads],
    goals: belowBunAndNode,
  },
  {
    id: 'echo',
    title: 'POST of 1 KiB of JSON, parsed and echoed',
    unit: CPU,
    work: 'echo',
    measure: cpuPerRequest({ script: 'echo.lua' }),
    contenders: [bun, node, async, picoev, threads],
    goals: belowBunAndNode,
  },
  {
    id: 'pipeline',
    title: '16 requests pipelined',
    unit: CPU,
    work: 'hello',
    measure: cpuPerRequest({ script: 'pipeline.lua' }),
    // The C loop answers once a read, so it cannot take part.
    contenders: [bun, node, async, picoev, threads],
    goals: [{ who: picoev, is: '≤', times: 0.35, of: node }],
  },
  {
    id: 'express',
    title: 'Express 5, hello',
    unit: CPU,
    work: 'hello',
    measure: cpuPerRequest(),
    contenders: [express, expressAsync, expressPicoev],
    goals: [{ who: expressPicoev, is: '≤', times: 0.8, of: express }],
  },
  {
    id: 'flask',
    title: 'Flask, hello',
    unit: CPU,
    work: 'hello',
    measure: cpuPerRequest(),
    contenders: [node, picoev, flask, gunicorn],
    goals: [
      { who: flask, is: '≤', plus: 1.0, of: picoev },
      { who: flask, is: '≤', times: 0.2, of: gunicorn },
    ],
  },
  {
    id: 'blog',
    title: "Flask, the blog's index: two templates, ten posts",
    unit: CPU,
    work: 'hello',
    // Of 64, some have no answer of gunicorn's in a second.
    measure: cpuPerRequest({ connections: 8 }),
    contenders: [flaskBlog, gunicornBlog],
    goals: [{ who: flaskBlog, is: '≤', times: 0.3, of: gunicornBlog }],
  },
  {
    id: 'close',
    title: 'one connection per request',
    unit: CPU,
    work: 'hello',
    measure: cpuPerRequest({ close: true }),
    contenders: [bun, node, cluster, async, picoev, threads],
    goals: [
      { who: picoev, is: '≤', times: 0.75, of: node },
      { who: picoev, is: '≤', times: 0.3, of: cluster },
      { who: async, is: '≤', times: 0.5, of: cluster },
    ],
  },
  {
    id: 'idle',
    title: '10 000 idle keep-alive connections',
    unit: 'bytes of memory each',
    work: 'hello',
    measure: idleMemory,
    contenders: [bun, node, async, picoev, threads],
    goals: [{ who: picoev, is: '≤', bound: 400 }],
  },
  .../** @type {const} */ (['up', 'down']).flatMap((direction) => [
    {
      id: `stream-${direction}`,
      title: `100 MiB ${direction}, streamed`,
      unit: 'MiB/s',
      work: /** @type {const} */ ('stream'),
      measure: throughput(direction),
      contenders: [bun, node, async, picoev],
      goals: [{ who: picoev, is: /** @type {const} */ ('≥'), of: node }],
    },
    {
      id: `growth-${direction}`,
      title: `100 MiB ${direction}: growth of memory`,
      unit: 'MiB',
      work: /** @type {const} */ ('stream'),
      measure: growth(direction),
      contenders: [bun, node, async, picoev],
      goals: [{ who: picoev, is: /** @type {const} */ ('≤'), bound: 16 }],
    },
  ]),
  {
    id: 'latency',
    title: 'latency, 99th percentile, at 70 % of its own peak load',
    unit: 'µs',
    work: 'hello',
    measure: latency,
    contenders: [bun, node, async, picoev, threads],
    goals: [{ who: picoev, is: '≤', of: bun }],
  },
];
