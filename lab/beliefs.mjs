/** Common beliefs about event loops, and what a run's figures say of each. A verdict follows from the figures. */
import { costOf, factor, microseconds, nanoseconds, timerOf, times } from './results.mjs';

/** @typedef {import('./results.mjs').Results} Results */

/** @param {boolean} holds */
const verdict = (holds) => (holds ? 'Holds here.' : 'Does not hold here.');

/** @type {readonly { readonly belief: string, readonly verdict: (results: Results) => string }[]} */
export const BELIEFS = [
  {
    belief: 'epoll scales, select and poll do not.',
    verdict: (results) => {
      const poll = costOf(results, 'poll', 8000, 'few').waiting;
      const epoll = costOf(results, 'epoll-edge', 8000, 'few').waiting;
      const small = costOf(results, 'epoll-edge', 16, 'few').waiting;
      return `${verdict(poll > 5 * epoll)} With 8000 connections of which 1 % are active, poll takes ${microseconds(poll)} for each
  event and epoll ${microseconds(epoll)}, where 16 connections took it ${microseconds(small)}.`;
    },
  },
  {
    belief: 'epoll is always the fastest.',
    verdict: (results) => {
      const poll = costOf(results, 'poll', 16, 'all').waiting;
      const epoll = costOf(results, 'epoll-edge', 16, 'all').waiting;
      return `${verdict(poll > 1.1 * epoll)} With 16 connections that are all active, poll takes ${times(poll, epoll)} epoll
  (${microseconds(poll)} and ${microseconds(epoll)}): going through a short list costs little when each entry is a find. What epoll saves is
  looking at idle connections.`;
    },
  },
  {
    belief: 'Edge-triggering is much faster than level-triggering.',
    verdict: (results) => {
      const level = costOf(results, 'epoll-level', 8000, 'few');
      const edge = costOf(results, 'epoll-edge', 8000, 'few');
      return `${verdict(level.total > 1.5 * edge.total)} With 8000 connections, level costs ${microseconds(level.waiting)} in asking and edge
  ${microseconds(edge.waiting)}: under level the kernel looks again at all that it told before. With the reading of a single byte that is
  ${microseconds(level.total)} against ${microseconds(edge.total)}, and a request costs more than reading a byte. What edge asks for is care (above).`;
    },
  },
  {
    belief: 'poll is the faster select.',
    verdict: (results) => {
      const select = costOf(results, 'select', 1000, 'few').waiting;
      const poll = costOf(results, 'poll', 1000, 'few').waiting;
      return `${verdict(select > 1.1 * poll)} With 1000 connections, select takes ${times(select, poll)} poll
  (${microseconds(select)} and ${microseconds(poll)}). What poll does away with is select's end at 1024 descriptors, not its cost.`;
    },
  },
  {
    belief: 'A wheel costs the same however many timers there are.',
    verdict: (results) => {
      const few = timerOf(results, 'wheel', 1000).set;
      const many = timerOf(results, 'wheel', 1_000_000).set;
      return `${verdict(many < 1.5 * few)} Setting one takes ${nanoseconds(few)} ns among 1000 and ${nanoseconds(many)} ns among a million. The steps are the
  same; the memory is not: a million deadlines and their bits do not fit into the processor's cache.`;
    },
  },
  {
    belief: 'A heap costs the logarithm of the number of timers.',
    verdict: (results) => {
      const few = timerOf(results, 'heap', 1000);
      const many = timerOf(results, 'heap', 1_000_000);
      return `${verdict(many.expire < 3 * few.expire)} From 1000 timers to a million the logarithm doubles. Setting one became ${factor(few.set, many.set)}
  dearer, letting it expire ${factor(few.expire, many.expire)}: again it is the memory, of which a heap touches a new place at each level.`;
    },
  },
  {
    belief: 'A server needs a wheel.',
    verdict: (results) => {
      const heap = timerOf(results, 'heap', 10_000);
      const wheel = timerOf(results, 'wheel', 10_000);
      const read = costOf(results, 'epoll-edge', 8000, 'few').total;
      return `${verdict(heap.putOff - wheel.putOff > read / 10)} With 10 000 connections, a request puts its connection's deadline off in ${nanoseconds(heap.putOff)} ns with
  the heap and ${nanoseconds(wheel.putOff)} ns with the wheel; waiting for and reading one byte takes ${nanoseconds(read)} ns. The wheel is the default because it
  costs less nearly everywhere, not because the heap would be felt; the heap is for deadlines exact to the millisecond.`;
    },
  },
];
