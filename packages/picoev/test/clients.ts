/** Clients of the sockets under test. */
import { once } from 'node:events';
import net from 'node:net';
import { addressOf } from '../src/index.ts';

/** Where a client connects to reach the listening socket `fd`. */
function target(fd: number): net.TcpNetConnectOpts | net.IpcNetConnectOpts {
  const address = addressOf(fd);
  return 'path' in address ? { path: address.path } : { host: address.host, port: address.port };
}

/** An open connection to the listening socket `fd`. */
export async function connect(fd: number, options: net.SocketConstructorOpts = {}): Promise<net.Socket> {
  const socket = net.connect({ ...options, ...target(fd) });
  await once(socket, 'connect');
  return socket;
}

/** Connects and reads all that the server sends until it closes. */
export async function ask(fd: number): Promise<string> {
  const socket = net.connect(target(fd));
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  await once(socket, 'close');
  return text;
}
