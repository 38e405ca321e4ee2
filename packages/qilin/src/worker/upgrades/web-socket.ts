/**
 * A connection that has been upgraded to `websocket`, whatever the app's library: what the app sends is followed, so that a Close
 * frame of ours comes behind a whole message. Invariants: never two Close frames; nothing of the app's behind ours (RFC 6455, section 5.5.1).
 */
import type { Socket } from 'node:net';
import type { Milliseconds } from '../../contract/units.ts';
import { FrameFollower } from './frame-follower.ts';

/** Why a connection ends: RFC 6455, section 7.4.1, and 1012 of IANA's registry of close codes. */
export const GOING_AWAY = 1001;
export const SERVICE_RESTART = 1012;
type CloseCode = typeof GOING_AWAY | typeof SERVICE_RESTART;

/** How long a message that has begun may take to its end: then ours stands between two of its frames, which it may. */
const FOR_A_MESSAGE: Milliseconds = 2_000;
/** How long the app's library, or who is behind it, may take to close the connection after our Close and the client's. */
const FOR_THE_END: Milliseconds = 5_000;
/** What comes before the frames: characters of the head of the answer. */
const LONGEST_HEAD = 64 * 1024;
const END_OF_HEAD = '\r\n\r\n';
const SWITCHES = /^HTTP\/1\.[01] 101[ \r]/;

type Done = (error?: Error | null) => void;
type Write = (piece: string | Uint8Array, encoding?: BufferEncoding, done?: Done) => boolean;

type Stage =
  /** The app has not agreed yet. */
  | { readonly at: 'head'; text: string }
  /** It sends frames; with a code, it is to be told at the end of one. */
  | { readonly at: 'open'; code: CloseCode | undefined; mayCutMessage: boolean }
  /** A Close frame is sent, by us or by the app, or it is no WebSocket. */
  | { readonly at: 'closed'; readonly isMute: boolean };

export class WebSocketConnection {
  readonly #socket: Socket;
  readonly #frames = new FrameFollower();
  readonly #write: Write;
  #stage: Stage = { at: 'head', text: '' };
  /** Told before the app has agreed. */
  #early: CloseCode | undefined;

  /** From here on its socket's `write` and `end` are ours. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.#write = socket.write.bind(socket);
    const end = socket.end.bind(socket);
    socket.write = (piece: string | Uint8Array, encoding?: BufferEncoding | Done, done?: Done) =>
      typeof encoding === 'function' ? this.#take(piece, undefined, encoding) : this.#take(piece, encoding, done);
    socket.end = (...args: readonly unknown[]) => {
      const piece = args[0];
      const encoding = typeof args[1] === 'string' && Buffer.isEncoding(args[1]) ? args[1] : undefined;
      if (typeof piece === 'string' || piece instanceof Uint8Array) socket.write(piece, encoding);
      const done = args.find((each): each is () => void => typeof each === 'function');
      return done === undefined ? end() : end(done);
    };
  }

  /** Has its client told, at the end of the message that is being sent, or of its frame. Once; not where the app has told it. */
  tell(code: CloseCode): void {
    const stage = this.#stage;
    if (stage.at === 'head') this.#early = code;
    if (stage.at !== 'open' || stage.code !== undefined) return;
    stage.code = code;
    if (this.#frames.isBetweenMessages) this.#close(code);
    else setTimeout(() => this.#cutMessage(), FOR_A_MESSAGE).unref();
  }

  /** The same now, or never: the connection is about to be cut. */
  tellNow(code: CloseCode): void {
    if (this.#stage.at === 'open' && this.#frames.isBetweenFrames) this.#close(code);
  }

  #cutMessage(): void {
    const stage = this.#stage;
    if (stage.at !== 'open' || stage.code === undefined) return;
    stage.mayCutMessage = true;
    if (this.#frames.isBetweenFrames) this.#close(stage.code);
  }

  #take(piece: string | Uint8Array, encoding: BufferEncoding | undefined, done: Done | undefined): boolean {
    const stage = this.#stage;
    switch (stage.at) {
      case 'head':
        return this.#takeHead(stage, piece, encoding, done);
      case 'open':
        return this.#takeFrames(stage, piece, encoding, done);
      case 'closed':
        return stage.isMute ? this.#swallow(done) : this.#write(piece, encoding, done);
    }
  }

  #takeHead(
    stage: Extract<Stage, { at: 'head' }>,
    piece: string | Uint8Array,
    encoding: BufferEncoding | undefined,
    done: Done | undefined,
  ): boolean {
    const bytes = toBytes(piece, encoding);
    const before = stage.text.length;
    stage.text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const end = stage.text.indexOf(END_OF_HEAD, Math.max(0, before - END_OF_HEAD.length));
    if (end < 0) {
      if (stage.text.length > LONGEST_HEAD) this.#stage = { at: 'closed', isMute: false };
      return this.#write(piece, encoding, done);
    }
    if (!SWITCHES.test(stage.text)) {
      this.#stage = { at: 'closed', isMute: false };
      return this.#write(piece, encoding, done);
    }
    const size = end + END_OF_HEAD.length - before;
    const open: Stage = { at: 'open', code: undefined, mayCutMessage: false };
    this.#stage = open;
    if (size === bytes.length) {
      const hasRoom = this.#write(piece, encoding, done);
      if (this.#early !== undefined) this.tell(this.#early);
      return hasRoom;
    }
    this.#write(bytes.subarray(0, size));
    if (this.#early !== undefined) this.tell(this.#early);
    return this.#take(bytes.subarray(size), undefined, done);
  }

  #takeFrames(
    { code, mayCutMessage }: Extract<Stage, { at: 'open' }>,
    piece: string | Uint8Array,
    encoding: BufferEncoding | undefined,
    done: Done | undefined,
  ): boolean {
    const frames = this.#frames;
    const size = typeof piece === 'string' ? Buffer.byteLength(piece, encoding) : piece.length;
    let bytes: Uint8Array | undefined;
    if (frames.isPayload(size)) frames.skip(size);
    else {
      bytes = toBytes(piece, encoding);
      frames.follow(bytes);
    }
    if (frames.hasClosed) this.#stage = { at: 'closed', isMute: false };
    const end = mayCutMessage ? frames.frameEnd : frames.messageEnd;
    if (frames.hasClosed || code === undefined || end < 0) return this.#write(piece, encoding, done);
    // What stands behind the end has not begun for the client.
    const last = bytes === undefined || end === size ? piece : bytes.subarray(0, end);
    const hasRoom = this.#write(last, encoding, done);
    this.#close(code);
    return hasRoom;
  }

  #close(code: CloseCode): void {
    this.#stage = { at: 'closed', isMute: true };
    const socket = this.#socket;
    if (!socket.writable) return;
    this.#write(Buffer.of(0x88, 2, code >> 8, code & 0xff));
    // The client answers, and the app's library, or what it hands the frames on to, ends the connection behind that.
    const end = setTimeout(() => socket.destroySoon(), FOR_THE_END).unref();
    socket.once('close', () => clearTimeout(end));
  }

  #swallow(done: Done | undefined): boolean {
    if (done !== undefined) process.nextTick(done);
    return true;
  }
}

const toBytes = (piece: string | Uint8Array, encoding: BufferEncoding | undefined): Uint8Array =>
  typeof piece === 'string' ? Buffer.from(piece, encoding) : piece;
