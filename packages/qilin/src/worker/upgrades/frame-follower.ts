/**
 * Follows WebSocket frames (RFC 6455, section 5.2) in a stream of bytes that comes in pieces of any size, to know where one ends
 * and the next may begin. Pure, and without a copy: of a payload it looks at no byte.
 */

const FINAL = 0x80;
const OPCODE = 0x0f;
const CLOSE = 0x8;
/** From here on frames control the connection: they may stand between the fragments of a message. */
const FIRST_CONTROL = 0x8;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;
const MASK_BYTES = 4;
/** Of a head without more of a length, and without a mask. */
const SHORTEST_HEAD = 2;

export class FrameFollower {
  /** Offset in the last piece behind its last frame that ends a message or stands between two; -1 where it has none. */
  messageEnd = -1;
  /** The same behind its last frame. */
  frameEnd = -1;
  /** A Close frame is complete. */
  hasClosed = false;
  /** Bytes of the head of a frame that have come; 0 between two frames, and amid a payload. */
  #headBytes = 0;
  /** How many a head has, as far as that is known. */
  #headSize = SHORTEST_HEAD;
  #isMasked = false;
  #first = 0;
  #length = 0;
  /** Bytes of the payload that are still to come. */
  #missing = 0;
  /** A message has begun, and lacks fragments. */
  #isFragmented = false;

  /** The next frame may begin here. */
  get isBetweenFrames(): boolean {
    return this.#headBytes === 0 && this.#missing === 0;
  }

  /** The same, and no message is begun. */
  get isBetweenMessages(): boolean {
    return this.isBetweenFrames && !this.#isFragmented;
  }

  /** Whether so many bytes are payload, whatever they are: then `skip()` does. */
  isPayload(size: number): boolean {
    return this.#missing >= size;
  }

  /** A piece that is payload, which nobody needs to look at. */
  skip(size: number): void {
    this.#beginPiece();
    this.#missing -= size;
    if (size > 0 && this.#missing === 0) this.#endFrame(size);
  }

  follow(piece: Uint8Array): void {
    this.#beginPiece();
    for (let at = 0; at < piece.length; ) {
      if (this.#missing === 0) at = this.#takeHead(piece, at);
      else {
        const taken = Math.min(this.#missing, piece.length - at);
        this.#missing -= taken;
        at += taken;
        if (this.#missing === 0) this.#endFrame(at);
      }
    }
  }

  #beginPiece(): void {
    this.messageEnd = -1;
    this.frameEnd = -1;
  }

  /** Takes a byte of a head. */
  #takeHead(piece: Uint8Array, at: number): number {
    const byte = piece[at] ?? 0;
    const index = this.#headBytes++;
    if (index === 0) {
      this.#first = byte;
      this.#headSize = SHORTEST_HEAD;
    } else if (index === 1) this.#takeSecond(byte);
    // The mask is behind the length, of which it is no part.
    else if (index < this.#headSize - (this.#isMasked ? MASK_BYTES : 0)) this.#length = this.#length * 256 + byte;
    if (this.#headBytes === this.#headSize) this.#endHead(at + 1);
    return at + 1;
  }

  #takeSecond(byte: number): void {
    const short = byte & LENGTH;
    this.#isMasked = (byte & MASKED) !== 0;
    const more = short === LENGTH_IN_2_BYTES ? 2 : short === LENGTH_IN_8_BYTES ? 8 : 0;
    this.#length = more === 0 ? short : 0;
    this.#headSize = SHORTEST_HEAD + more + (this.#isMasked ? MASK_BYTES : 0);
  }

  #endHead(at: number): void {
    this.#headBytes = 0;
    this.#missing = this.#length;
    if (this.#missing === 0) this.#endFrame(at);
  }

  #endFrame(at: number): void {
    const opcode = this.#first & OPCODE;
    if (opcode === CLOSE) this.hasClosed = true;
    if (opcode < FIRST_CONTROL) this.#isFragmented = (this.#first & FINAL) === 0;
    this.frameEnd = at;
    if (!this.#isFragmented) this.messageEnd = at;
  }
}
