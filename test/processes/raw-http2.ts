/** A client of HTTP/2 that writes frames of its own choice: RFC 9113, section 4. */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const PATIENCE = 20_000;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The header block of a GET, without HPACK's dynamic table: RFC 7541. */
export const getBlock = (path: string): Buffer =>
  Buffer.concat([Buffer.from([0x82, 0x87, 0x01, 1]), Buffer.from('x'), literal(0x04, path)]);

/** A header that is not remembered, its name by index or spelt out. */
export const literal = (index: number, value: string): Buffer =>
  Buffer.concat([Buffer.from([index, value.length]), Buffer.from(value)]);

/** Windows as large as there are, for all streams and the connection: what is not taken waits in the kernel. */
export const WIDE = openWindows();

function openWindows(): Buffer {
  const most = 0x7fff_ffff;
  const [setting, update] = [Buffer.alloc(6), Buffer.alloc(4)];
  // SETTINGS_INITIAL_WINDOW_SIZE
  setting.writeUInt16BE(4);
  setting.writeUInt32BE(most, 2);
  update.writeUInt32BE(most - 65_535);
  return Buffer.concat([frame(FRAME.SETTINGS, 0, 0, setting), frame(FRAME.WINDOW_UPDATE, 0, 0, update)]);
}

export class RawHttp2 implements Disposable {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  readonly ended: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  static async open(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Promise<RawHttp2> {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'], ...options });
    await once(socket, 'secureConnect');
    const client = new RawHttp2(socket);
    await client.send(Buffer.concat([Buffer.from(PREFACE), frame(FRAME.SETTINGS, 0, 0)]));
    return client;
  }

  /** Resolves when the kernel has it, or the connection has ended. */
  send(bytes: Uint8Array): Promise<void> {
    if (this.socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  /** The last that the server serves, once GOAWAY has told it. */
  get lastStream(): number | undefined {
    const goaway = this.frames.findLast(({ type }) => type === FRAME.GOAWAY);
    return goaway && goaway.payload.readUInt32BE() & 0x7fffffff;
  }

  /** Whether all of the answer has come. */
  isAnswered(asked: number): boolean {
    return this.frames.some(
      ({ type, flags, stream }) => type === FRAME.DATA && stream === asked && (flags & END_STREAM) !== 0,
    );
  }

  /** Of what has come, all but how the connection ends. */
  forget(): void {
    this.frames.splice(0, this.frames.length, ...this.frames.filter(({ type }) => type === FRAME.GOAWAY));
  }

  /** Resolves when as many frames have come as the test wants to see, or the connection has ended. */
  async until(isEnough: (frames: readonly Frame[]) => boolean): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE);
    while (!isEnough(this.frames) && !this.socket.destroyed)
      await Promise.race([once(this.socket, 'data', { signal }), this.ended]);
  }

  #take(bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest, bytes]);
    while (rest.length >= 9) {
      const size = 9 + rest.readUIntBE(0, 3);
      if (rest.length < size) break;
      const payload = rest.subarray(9, size);
      this.frames.push({
        type: rest.readUInt8(3),
        flags: rest.readUInt8(4),
        stream: rest.readUInt32BE(5) & 0x7fffffff,
        payload,
      });
      rest = rest.subarray(size);
    }
    this.#rest = rest;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
