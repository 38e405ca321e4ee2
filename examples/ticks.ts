/** What the examples stream: ten lines, a few milliseconds apart. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function* ticks(): AsyncGenerator<Uint8Array> {
  for (let tick = 1; tick <= 10; tick++) {
    yield Buffer.from(`tick ${tick}\n`);
    await sleep(5);
  }
}
