/**
 * A worker's end of the channel to its arbiter: a socket of its own and not Node's IPC, so that `process.send` and
 * `process.on('message')` are the app's, and are absent as under plain node. Node
 * marks the descriptor close-on-exec when it starts, so that no child of the app inherits it.
 */
import { Socket } from 'node:net';
import { LineReader } from '../contract/line-reader.ts';
import {
  type ArbiterMessage,
  CHANNEL_FD,
  encodeWorkerMessage,
  parseArbiterMessage,
  type WorkerMessage,
} from '../contract/messages.ts';

export interface ChannelListener {
  onMessage(message: ArbiterMessage): void;
  /** The arbiter has gone. Called once. */
  onGone(): void;
}

export interface Channel {
  /** Resolves when the kernel has the message, which the arbiter then gets whatever becomes of us, or nobody hears it. */
  send(message: WorkerMessage): Promise<void>;
  /** Whether the process stays alive for it. It does at first. */
  keepAlive(stays: boolean): void;
}

/** To be called once in a process, by the worker's main thread. */
export function openChannel({ onMessage, onGone }: ChannelListener): Channel {
  const socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
  // The arbiter is believed: what it says has no limit.
  const lines = new LineReader(
    Number.POSITIVE_INFINITY,
    (line) => {
      const message = parseArbiterMessage(line);
      if (message !== undefined) onMessage(message);
    },
    () => {},
  );
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => lines.push(text));
  // Its end is all there is to say of it, and `close` follows.
  socket.on('error', () => {});
  socket.once('close', onGone);
  return {
    send: (message) => send(socket, message),
    keepAlive: (stays) => void (stays ? socket.ref() : socket.unref()),
  };
}

function send(socket: Socket, message: WorkerMessage): Promise<void> {
  // An arbiter that is stopped reads nothing. Of heartbeats only the last counts: they never pile up.
  const isLate = message.type === 'heartbeat' && socket.writableLength > 0;
  if (isLate || !socket.writable) return Promise.resolve();
  return new Promise((resolve) => {
    socket.write(encodeWorkerMessage(message), () => resolve());
  });
}
