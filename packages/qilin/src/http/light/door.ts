/**
 * The way into this room, for fetch apps alone: the light classes stand before Node's own, which take 32 ms to load on Node 20, a
 * twelfth of the time in which a worker boots.
 */
import type { FetchExchange } from '@qilin/picoev';
import type { FetchHandler } from '../../contract/app.ts';
import type { FetchServerOptions } from './fetch-server.ts';

let room: typeof import('./fetch-server.ts') | undefined;

/** To be awaited before the first `createFetchServer()`. */
export async function openLightRoom(): Promise<void> {
  room ??= await import('./fetch-server.ts');
}

/** As in fetch-server.ts. @throws TypeError when nobody has opened the room */
export function createFetchServer<E extends FetchExchange>(
  fetch: FetchHandler,
  options: FetchServerOptions<E>,
): (exchange: E) => void {
  if (room === undefined) throw new TypeError('createFetchServer() was called before openLightRoom() had ended.');
  return room.createFetchServer(fetch, options);
}
