/** A socket whose other end is a proxy, and that says what the proxy has told of the client. */
import type { Socket } from 'node:net';
import type { Endpoint } from '@qilin/picoev';

/** Own properties hide the getters of the prototype, which ask the kernel; so does a request's `socket` over HTTP/2, which looks them up here. */
export function tellClient(socket: Socket, { address, port, family }: Endpoint): void {
  Object.defineProperties(socket, {
    remoteAddress: { value: address, configurable: true },
    remotePort: { value: port, configurable: true },
    remoteFamily: { value: family, configurable: true },
  });
}
