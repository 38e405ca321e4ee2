import { expect, test } from 'vitest';
import { parseListeners } from '../../src/arbiter/listener-queues.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (state: string, waiting: string, inode: number) =>
  `   0: 0100007F:1F40 00000000:0000 ${state} 00000000:${waiting} 00:00000000 00000000     0        0 ${inode} 1 0000 100 0 0 10 0\n`;

test('of sockets that listen, what waits in the queue of each; what is cut off at the end is left out', () => {
  const table = `${HEAD}${row('0A', '0000001F', 11)}${row('0A', '00000000', 12)}${row('01', '00000005', 13)}${row('0A', '00000001', 14).slice(0, 60)}`;
  expect([...parseListeners(table)]).toEqual([
    ['11', 31],
    ['12', 0],
  ]);
});
