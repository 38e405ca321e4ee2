/**
 * One request and its answer. Made once for each request, so it is a plain object: what is not asked for is not worked
 * out, and what the kernel must know goes into the table of answers, not through a call.
 */

import { AppScope, currentOwner } from './app-scope.ts';
import type { BodySink, Connection, Detached, Exchange, FetchExchange } from './exchange.ts';
import { allFields, fieldOf, fieldsFrom, withField } from './head-text.ts';
import { latin1OfUtf8 } from './latin1.ts';
import { ANSWER, ANSWER_FLAG, type AnswerKind, EVENT_FLAG } from './wire.ts';

/** Bytes up to which a body is copied into the answers' common text; longer ones are offered by themselves. */
const SHORT_BODY = 16 * 1024;
/** Bytes of short pieces of an answer after which one is offered at once, to hear whether there is room. */
const MOST_GATHERED = 16 * 1024;
const NOTHING = new Uint8Array(0);

/** What became of the request's body. */
const BODY = { UNREAD: 0, READING: 1, OVER: 2 } as const;

/** What an exchange needs of the loop that it belongs to. */
export interface ExchangeLoop {
  readonly lowerCaseNames: boolean;
  /** When the turn began that is under way, by `performance.now()`, in whole milliseconds. */
  readonly turnedAt: number;
  /** Whether it is noted when an answer begins. */
  readonly timesAnswers: boolean;
  /** This answer, where it has not begun yet, is its connection's last: the loop drains, and no request has come behind it. */
  endsBehind(exchange: HttpExchange): boolean;
  /** Notes a row of the table of answers; `fields` and `body` have a character for each byte. */
  answer(
    exchange: HttpExchange,
    kind: AnswerKind,
    flags: number,
    status: number,
    fields: string,
    body: string,
    length?: number,
  ): void;
  /**
   * Offers a piece of a long answer. Returns the bytes that were taken; or, where the rest and all that follows must wait for
   * `drain()`, -1 less these.
   */
  write(exchange: HttpExchange, kind: AnswerKind, flags: number, bytes: Uint8Array): number;
  readBody(exchange: HttpExchange): void;
  pauseBody(exchange: HttpExchange): void;
  abort(exchange: HttpExchange): void;
  detach(exchange: HttpExchange): Detached | undefined;
  /** Its answer is complete. */
  forget(exchange: HttpExchange): void;
  connectionOf(fd: number, serial: number, listener: number): Connection;
  /** Bytes of the slab, which the next turn overwrites. */
  view(start: number, size: number): Buffer;
  /** The same as text, without a view that would be made for nothing else. */
  text(start: number, size: number): string;
}

const CLIENT_LEFT = 'The client left before the body was complete.';

const brokenBody = (why: string) => Object.assign(new Error(why), { code: 'ECONNRESET' });

export class HttpExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  isOver = false;
  isGone = false;
  isHalfClosed = false;
  status = 0;
  fields = '';
  addedFields = '';
  route = '';
  beganAt = 0;
  bytesSent = 0;
  reason = '';
  hasDate = false;
  owner: object | null = null;
  onDrain: ((exchange: FetchExchange) => void) | null = null;
  onGone: ((exchange: FetchExchange) => void) | null = null;
  onHalfClose: ((exchange: Exchange) => void) | null = null;
  onLast: ((exchange: Exchange) => void) | null = null;
  onOver: ((exchange: Exchange) => void) | null = null;

  /** @internal The exchange before this one on the connection, while its answer is not complete. */
  earlier: HttpExchange | undefined = undefined;
  /** @internal What the app is told of it runs in there. */
  readonly scope = new AppScope('HTTPINCOMINGMESSAGE', this);
  /** @internal */
  readonly fd: number;
  /** @internal */
  readonly serial: number;
  /** @internal */
  readonly sequence: number;
  readonly listener: number;
  readonly cameAt: number;

  readonly #loop: ExchangeLoop;
  #head: string;
  #lowerCaseHead: string | undefined;
  /** Of EVENT_FLAG. */
  readonly #flags: number;
  readonly #contentLength: number;
  // The part of the body that came with the head: in the slab until the turn is over, then copied if it is still wanted.
  readonly #start: number;
  #size: number;
  #copy: Buffer | null = null;
  #bodyState: number;
  /** As much as has come of the fields behind the body. */
  #trailers = '';
  #sink: BodySink | null = null;
  #closes = false;
  #hasBegun = false;
  #chunked = false;
  #missing = 0;
  /** The kernel takes no more for now: what waits until it does stays here, as the app gave it. */
  #backlog: (string | Uint8Array)[] | null = null;
  /** The app has given all of the answer. */
  #hasEnded = false;
  #connection: Connection | undefined = undefined;
  /** Bytes of pieces that were not written at once. */
  #gathered = 0;

  /** @internal */
  constructor(
    loop: ExchangeLoop,
    fd: number,
    serial: number,
    sequence: number,
    flags: number,
    head: string,
    methodSize: number,
    targetSize: number,
    contentLength: number,
    bodyStart: number,
    bodySize: number,
    listener: number,
  ) {
    this.#loop = loop;
    this.fd = fd;
    this.serial = serial;
    this.sequence = sequence;
    this.listener = listener;
    this.cameAt = loop.turnedAt;
    this.#flags = flags;
    this.#head = head;
    this.method = methodSize === 3 && head.charCodeAt(0) === 71 ? 'GET' : head.slice(0, methodSize);
    this.target = head.slice(methodSize + 1, methodSize + 1 + targetSize);
    this.#contentLength = contentLength;
    this.#start = bodyStart;
    this.#size = bodySize;
    this.#bodyState = this.hasBody ? BODY.UNREAD : BODY.OVER;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get minorVersion(): 0 | 1 {
    return this.#flags & EVENT_FLAG.HTTP10 ? 0 : 1;
  }

  get hasBody(): boolean {
    return this.#contentLength > 0 || (this.#flags & EVENT_FLAG.CHUNKED_BODY) !== 0;
  }

  get hasWholeBody(): boolean {
    return this.#bodyState === BODY.UNREAD && (this.#flags & EVENT_FLAG.BODY_COMPLETE) !== 0;
  }

  get bodyLength(): number | undefined {
    return this.#flags & EVENT_FLAG.CHUNKED_BODY ? undefined : this.#contentLength;
  }

  takeBack(): void {
    this.reason = '';
    this.hasDate = false;
  }

  get isMultiplexed(): false {
    return false;
  }

  get scheme(): 'http' {
    return 'http';
  }

  get waitedForOthers(): boolean {
    return (this.#flags & EVENT_FLAG.RESUMED) !== 0;
  }

  get expectsContinue(): boolean {
    return (this.#flags & EVENT_FLAG.EXPECTS_CONTINUE) !== 0;
  }

  get asksForUpgrade(): boolean {
    return (this.#flags & EVENT_FLAG.UPGRADE) !== 0;
  }

  get keepsAlive(): boolean {
    if (this.#closes || (this.#flags & EVENT_FLAG.LAST_REQUEST) !== 0) return false;
    // A head that has said nothing of an end must not be followed by one: the client may be asking again already.
    return this.#hasBegun || !this.#loop.endsBehind(this);
  }

  header(name: string): string | undefined {
    return fieldOf(this.#head, this.#namesInLowerCase(), name);
  }

  #namesInLowerCase(): string {
    if (this.#loop.lowerCaseNames) return this.#head;
    this.#lowerCaseHead ??= this.#head.toLowerCase();
    return this.#lowerCaseHead;
  }

  setHeader(name: string, value: string | undefined): void {
    this.#head = withField(this.#head, this.#namesInLowerCase(), name, value);
    this.#lowerCaseHead = undefined;
  }

  hasHeaderLike(prefix: string): boolean {
    return this.#namesInLowerCase().includes(`\r\n${prefix}`);
  }

  rawHeaders(): string[] {
    return allFields(this.#head);
  }

  get connection(): Connection {
    this.#connection ??= this.#loop.connectionOf(this.fd, this.serial, this.listener);
    return this.#connection;
  }

  run(listener: (exchange: Exchange) => void): void {
    this.scope.call(listener, undefined, this);
  }

  // The request's body.

  takeBody(): Buffer | undefined {
    if (!this.#takesWhole()) return undefined;
    return this.#copy ?? this.#loop.view(this.#start, this.#size);
  }

  takeText(): string | undefined {
    if (!this.#takesWhole()) return undefined;
    return this.#copy === null ? this.#loop.text(this.#start, this.#size) : this.#copy.toString();
  }

  /** Whether all of the body is there and nobody has it; then the caller has. */
  #takesWhole(): boolean {
    if (!this.hasWholeBody) return false;
    this.#bodyState = BODY.OVER;
    return true;
  }

  readBody(sink: BodySink): void {
    if (this.#bodyState !== BODY.UNREAD || this.isGone) {
      if (!this.hasBody) sink.end();
      else if (this.isGone) sink.abort(brokenBody(CLIENT_LEFT));
      else sink.abort(new Error('The body was read already, or its request is over.'));
      return;
    }
    this.#bodyState = BODY.READING;
    this.#sink = sink;
    // The sink may keep it: a view of the slab would change under its hands.
    const wantsMore =
      this.#size === 0 || sink.data(this.#copy ?? Buffer.from(this.#loop.view(this.#start, this.#size)));
    this.#forgetPiece();
    if ((this.#flags & EVENT_FLAG.BODY_COMPLETE) !== 0) this.#endBody();
    else if (wantsMore) this.resumeBody();
  }

  resumeBody(): void {
    if (this.#bodyState === BODY.READING) this.#loop.readBody(this);
  }

  rawTrailers(): string[] {
    return fieldsFrom(this.#trailers, 0);
  }

  /** @internal Bytes of the fields behind the body have come. */
  takeTrailers(text: string): void {
    this.#trailers += text;
  }

  /** @internal A further piece has come. */
  takePiece(piece: Buffer, isLast: boolean): void {
    const sink = this.#sink;
    if (this.#bodyState !== BODY.READING || sink === null) return;
    const wantsMore = piece.length === 0 || this.scope.call(sink.data, sink, piece) !== false;
    if (isLast) this.scope.call(this.#endBody, this, undefined);
    else if (!wantsMore) this.#loop.pauseBody(this);
  }

  /** @internal No more will come. */
  breakBody(why = CLIENT_LEFT): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#bodyState = BODY.OVER;
    this.#forgetPiece();
    if (sink !== null) this.scope.call(sink.abort, sink, brokenBody(why));
  }

  /** @internal A part of the body is a view of the slab. */
  get needsSettling(): boolean {
    return this.#size > 0;
  }

  /** @internal The turn is over: what nobody has read yet must outlive the slab. */
  settle(): void {
    if (this.#bodyState !== BODY.UNREAD || this.#size === 0 || this.#copy !== null) return;
    if (this.isOver) {
      this.#bodyState = BODY.OVER;
      this.#forgetPiece();
    } else {
      this.#copy = Buffer.from(this.#loop.view(this.#start, this.#size));
    }
  }

  #forgetPiece(): void {
    this.#size = 0;
    this.#copy = null;
  }

  #endBody(): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#bodyState = BODY.OVER;
    sink?.end();
  }

  // The answer.

  respond(status: number, fields: string, body: string | Uint8Array | null): void {
    if (this.isOver || this.#hasBegun) return;
    if (body !== null && body.length > SHORT_BODY) {
      this.#respondLong(status, fields, body);
      return;
    }
    const all = this.#note(status, fields);
    const text = body === null ? '' : typeof body === 'string' ? latin1OfUtf8(body) : latin1Of(body);
    this.bytesSent = text.length;
    const flags = this.#answerFlags();
    const isSilent = body === null && (status === 304 || (flags & ANSWER_FLAG.BODILESS) !== 0);
    this.#loop.answer(this, ANSWER.RESPOND, isSilent ? flags | ANSWER_FLAG.NO_LENGTH : flags, status, all, text);
    this.#finish();
  }

  #respondLong(status: number, fields: string, body: string | Uint8Array): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.begin(status, fields, length);
    if (!this.#isBodiless()) {
      this.bytesSent = length;
      this.#missing = 0;
      this.#send(body);
    }
    this.end();
  }

  begin(status: number, fields: string, length: number | undefined): void {
    if (this.isOver || this.#hasBegun) return;
    const all = this.#note(status, fields);
    const isBodiless = this.#isBodiless();
    if (this.#loop.timesAnswers) this.beganAt = performance.now();
    this.#chunked = length === undefined;
    this.#missing = isBodiless ? 0 : (length ?? 0);
    // Until the end of the connection, since HTTP/1.0 knows no chunks.
    if (this.#chunked && this.minorVersion === 0 && !isBodiless) this.#closes = true;
    const noLength = isBodiless && length === undefined ? ANSWER_FLAG.NO_LENGTH : 0;
    this.#loop.answer(this, ANSWER.BEGIN, this.#answerFlags() | noLength, status, all, '', length ?? 0);
  }

  #isBodiless(): boolean {
    return (this.#flags & EVENT_FLAG.HEAD) !== 0 || this.status === 204 || this.status === 304;
  }

  write(piece: Uint8Array): boolean {
    if (this.isOver || this.#hasEnded || piece.length === 0) return true;
    if (!this.#chunked) {
      this.#missing -= piece.length;
      if (this.#missing < 0) {
        this.abort();
        return true;
      }
    }
    this.bytesSent += piece.length;
    return this.#send(piece);
  }

  end(): void {
    if (this.isOver || this.#hasEnded) return;
    if (this.#missing > 0) this.abort();
    else this.#end();
  }

  inform(head: string): void {
    // An HTTP/1.0 client would take it for the answer (RFC 9110, 15.2).
    if (this.isOver || this.#hasBegun || this.minorVersion === 0) return;
    this.#loop.answer(this, ANSWER.INFORM, 0, Number(head.slice(STATUS_AT, STATUS_AT + 3)), '', head);
  }

  raw(piece: string | Uint8Array, inChunks = false): boolean {
    if (this.isOver || this.#hasEnded || piece.length === 0) return true;
    this.#chunked = inChunks;
    if (!this.#hasBegun) this.fields = typeof piece === 'string' ? piece : latin1Of(piece);
    if (!this.#hasBegun && this.#loop.timesAnswers) this.beganAt = performance.now();
    this.#hasBegun = true;
    this.bytesSent += piece.length;
    return this.#send(piece);
  }

  rawEnd(keepAlive: boolean): void {
    if (this.isOver || this.#hasEnded) return;
    if (!keepAlive) this.#closes = true;
    this.#end();
  }

  /** By `raw()`, which is told no status. */
  #isRaw(): boolean {
    return this.status === 0;
  }

  /** Short pieces travel with the other answers of the turn. False: what follows waits for `drain()`. */
  #send(piece: string | Uint8Array): boolean {
    if (this.#backlog !== null) {
      this.#backlog.push(piece);
      return false;
    }
    this.#gathered += piece.length;
    if (this.#gathered > MOST_GATHERED) return this.#offer(piece);
    const text = typeof piece === 'string' ? piece : latin1Of(piece);
    this.#loop.answer(this, this.#isRaw() ? ANSWER.RAW : ANSWER.PIECE, this.#answerFlags(), 0, '', text);
    return true;
  }

  #offer(piece: string | Uint8Array): boolean {
    this.#gathered = 0;
    const kind = this.#isRaw() ? ANSWER.RAW : ANSWER.PIECE;
    const flags = this.#answerFlags();
    // A text is turned into bytes when they are wanted: many may wait for their turn.
    let rest = typeof piece === 'string' ? NOTHING : piece;
    let isWhole = typeof piece === 'string';
    for (;;) {
      const result = this.#loop.write(this, kind, flags, rest);
      if (this.isOver) return true;
      rest = rest.subarray(result < 0 ? -1 - result : result);
      if (result < 0) {
        this.#backlog = isWhole ? [piece] : rest.length > 0 ? [rest] : [];
        return false;
      }
      if (isWhole) rest = bytesOf(piece, this.#isRaw());
      isWhole = false;
      if (rest.length === 0) return true;
    }
  }

  /** @internal Bytes that wait here. */
  get backlogSize(): number {
    return (this.#backlog ?? []).reduce((size, piece) => size + Buffer.byteLength(piece, 'latin1'), 0);
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#backlog !== null) return;
    if (this.#isRaw()) this.#loop.answer(this, ANSWER.RAW_END, this.keepsAlive ? 0 : ANSWER_FLAG.CLOSE, 0, '', '');
    else this.#loop.answer(this, ANSWER.END, this.#answerFlags(), 0, '', '');
    this.#finish();
  }

  answered(): void {
    if (!this.isOver) this.#loop.answer(this, ANSWER.ANSWERED, 0, 0, '', '');
  }

  closeAfter(): void {
    this.#closes = true;
  }

  abort(): void {
    if (this.isOver) return;
    this.#finish();
    this.#loop.abort(this);
  }

  detach(): Detached | undefined {
    const detached = this.#loop.detach(this);
    if (detached !== undefined) this.#finish();
    return detached;
  }

  /** @internal There is room again. */
  drain(): void {
    if (this.isOver || !this.handOver() || this.isOver) return;
    this.#tell(this.onDrain);
  }

  /** @internal What waits here goes to the kernel, as much as is taken. Whether that is all. */
  handOver(): boolean {
    const waiting = this.#backlog ?? [];
    this.#backlog = null;
    for (const piece of waiting) this.#send(piece);
    if (this.isOver) return true;
    if (this.#backlog !== null) return false;
    if (this.#hasEnded) this.#end();
    return true;
  }

  /** @internal The connection is lost, or the request can never be complete. */
  leave(): void {
    if (this.isOver) return;
    this.isGone = true;
    if (this.#bodyState === BODY.READING) this.breakBody();
    this.#tell(this.onGone);
    if (!this.isOver) this.#finish();
  }

  /** @internal The client has ended its side; `isLast`: no request has come behind this one. */
  halfClose(isLast: boolean): void {
    if (this.isOver || this.isHalfClosed) return;
    this.isHalfClosed = true;
    if (isLast) {
      this.#closes = true;
      this.beLast();
    }
    this.#tell(this.onHalfClose);
  }

  answerInstead(status: number, fields: string, body: string): void {
    if (this.isOver || this.#hasBegun) return;
    this.takeBack();
    this.#closes = true;
    const all = this.#withAdded(fields);
    this.#loop.answer(this, ANSWER.RESPOND, this.#answerFlags(), status, all, latin1OfUtf8(body));
    this.replace(status);
  }

  /** @internal The engine has answered in the app's place. */
  replace(status: number): void {
    if (this.isOver) return;
    this.status = status;
    this.#hasBegun = true;
    this.leave();
  }

  /** @internal The connection ends behind this answer: the server drains, or the client has ended its side. */
  beLast(): void {
    if (!this.isOver && !this.#hasBegun) this.#tell(this.onLast);
  }

  #tell(listener: ((exchange: Exchange) => void) | null): void {
    if (listener !== null) this.run(listener);
  }

  /** Returns all of the answer's fields. */
  #note(status: number, fields: string): string {
    if (this.#loop.endsBehind(this)) this.#closes = true;
    this.#hasBegun = true;
    this.status = status;
    this.fields = this.addedFields === '' ? fields : this.#withAdded(fields);
    return this.fields;
  }

  #withAdded(fields: string): string {
    const { addedFields } = this;
    const name = addedFields.slice(0, addedFields.indexOf(':') + 1).toLowerCase();
    const isSaid = addedFields === '' || `\r\n${fields}`.toLowerCase().includes(`\r\n${name}`);
    return isSaid ? fields : addedFields + fields;
  }

  #finish(): void {
    this.isOver = true;
    this.scope.owner = undefined;
    this.#backlog = null;
    this.#loop.forget(this);
    // Its pieces are thrown away from now on: whoever waits for them must not wait for ever.
    if (this.#bodyState === BODY.READING) this.breakBody('The answer is complete: the rest of the body is not read.');
    this.onOver?.(this);
  }

  #answerFlags(): number {
    let flags = this.#flags & EVENT_FLAG.HTTP10 ? ANSWER_FLAG.HTTP10 : 0;
    // A client that was never told to go on may send the body or not: only the connection's end is clear to both.
    const waitsForContinue = this.expectsContinue && this.#bodyState === BODY.UNREAD;
    if (!this.keepsAlive || waitsForContinue) flags |= ANSWER_FLAG.CLOSE;
    if (this.#flags & EVENT_FLAG.HEAD) flags |= ANSWER_FLAG.BODILESS;
    if (this.hasDate) flags |= ANSWER_FLAG.HAS_DATE;
    if (this.#chunked) flags |= ANSWER_FLAG.UNKNOWN_LENGTH;
    return flags;
  }
}

/** The exchange that the code which runs now is at work for; undefined where it has ended, or Node does not tell (before 24). */
export function currentExchange(): Exchange | undefined {
  const owner = currentOwner();
  return owner instanceof HttpExchange ? owner : undefined;
}

/** In `HTTP/1.1 103 Early Hints`. */
const STATUS_AT = 9;

const bytesOf = (piece: string | Uint8Array, isRaw: boolean): Uint8Array =>
  typeof piece === 'string' ? Buffer.from(piece, isRaw ? 'latin1' : 'utf8') : piece;

const latin1Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
