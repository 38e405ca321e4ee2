import { expect, test } from 'vitest';
import {
  datagramsOf,
  formatStatsdAddress,
  parseStatsdAddress,
  type StatsdMetric,
  statsdLines,
} from '../../src/contract/statsd.ts';
import { Statsd } from '../../src/worker/statsd.ts';

test.each([
  ['127.0.0.1:8125', '127.0.0.1:8125'],
  ['statsd.local:8125', 'statsd.local:8125'],
  ['[::1]:8125', '[::1]:8125'],
  ['unix:/run/statsd', 'unix:/run/statsd'],
  ['unix:///run/statsd', 'unix:/run/statsd'],
  ['127.0.0.1', undefined],
  [':8125', undefined],
  ['a:0', undefined],
  ['a:70000', undefined],
  ['::1:8125', undefined],
  ['unix:', undefined],
])('%s is the address %s', (text, printed) => {
  const address = parseStatsdAddress(text);
  expect(address && formatStatsdAddress(address)).toBe(printed);
});

test('a line has prefix, value, kind, rate and tags', () => {
  const metrics: StatsdMetric[] = [
    { name: 'requests', value: 3, type: 'c' },
    { name: 'request.duration', value: 1.5, type: 'ms', rate: 1 / 3 },
  ];
  expect(statsdLines({ statsdPrefix: 'shop..', dogstatsdTags: ['env:prod', 'a'] }, metrics)).toEqual([
    'shop.gunicorn.requests:3|c|#env:prod,a',
    'shop.gunicorn.request.duration:1.5|ms|@0.333|#env:prod,a',
  ]);
  expect(statsdLines({ statsdPrefix: '', dogstatsdTags: [] }, metrics)[0]).toBe('gunicorn.requests:3|c');
});

test('datagrams are of whole lines, none longer than a packet but one that is by itself', () => {
  const lines = Array.from({ length: 100 }, (_, i) => `gunicorn.request.status.${i}:${'1'.repeat(30)}|c`);
  const datagrams = datagramsOf(lines);
  expect(datagrams.join('\n').split('\n')).toEqual(lines);
  expect(datagrams.length).toBeGreaterThan(3);
  for (const datagram of datagrams) expect(datagram.length).toBeLessThanOrEqual(1_432);
});

test('a worker tells what it has answered since the last time, of many durations some', () => {
  const sent: StatsdMetric[][] = [];
  const statsd = new Statsd({ send: (metrics) => sent.push([...metrics]), close: () => {} });
  for (let i = 0; i < 1_000; i++) {
    statsd.answered(i % 10 === 0 ? 404 : 200);
    statsd.took(5, 1);
  }
  statsd.answered(0);
  statsd.flush();
  statsd.flush();
  statsd.close();
  const [first = [], second] = sent;
  expect(first.slice(0, 3)).toEqual([
    { name: 'requests', value: 1_001, type: 'c' },
    { name: 'request.status.200', value: 900, type: 'c' },
    { name: 'request.status.404', value: 100, type: 'c' },
  ]);
  expect(first.slice(3)).toHaveLength(64);
  expect(first[3]).toEqual({ name: 'request.duration', value: 5, type: 'ms', rate: 0.064 });
  expect(second).toEqual([]);
});
