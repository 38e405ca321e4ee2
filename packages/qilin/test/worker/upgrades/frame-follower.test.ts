/** Where frames end, whatever they are and however their bytes come in pieces. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameFollower } from '../../../src/worker/upgrades/frame-follower.ts';

interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isMasked: boolean;
  readonly size: number;
}

/** RFC 6455, section 5.2. */
function encode({ opcode, isFinal, isMasked, size }: Frame): Buffer {
  const head = size < 126 ? Buffer.alloc(2) : size < 2 ** 16 ? Buffer.alloc(4) : Buffer.alloc(10);
  head[0] = (isFinal ? 0x80 : 0) | opcode;
  head[1] = size < 126 ? size : size < 2 ** 16 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(size, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  if (isMasked) head[1] = (head[1] ?? 0) | 0x80;
  // A payload that looks like the heads of frames.
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0, 0x88), Buffer.alloc(size, 0x88)]);
}

const size = fc.oneof(fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000), fc.nat(300));
const frame = (opcode: number, isFinal: boolean) =>
  fc.record({ opcode: fc.constant(opcode), isFinal: fc.constant(isFinal), isMasked: fc.boolean(), size });
const control = fc.constantFrom(0x9, 0xa).chain((opcode) =>
  fc.record({
    opcode: fc.constant(opcode),
    isFinal: fc.constant(true),
    isMasked: fc.boolean(),
    size: fc.nat(125),
  }),
);
/** Fragments, with control frames between them. */
const message = fc
  .tuple(fc.constantFrom(1, 2), fc.array(fc.option(control), { maxLength: 4 }))
  .chain(([opcode, between]) =>
    fc.tuple(
      ...between.map((ping, index) => (ping === null ? frame(index === 0 ? opcode : 0, false) : fc.constant(ping))),
      frame(between[0] === null || between.includes(null) ? 0 : opcode, true),
    ),
  );

test('each end is known, at whatever bytes the pieces are cut', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 5 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 5_000 })),
      (messages, cuts) => {
        const frames = messages.flat();
        const bytes = Buffer.concat(frames.map(encode));
        const frameEnds: number[] = [0];
        const messageEnds: number[] = [0];
        let isFragmented = false;
        for (const each of frames) {
          if (each.opcode < 8) isFragmented = !each.isFinal;
          frameEnds.push((frameEnds.at(-1) ?? 0) + encode(each).length);
          if (!isFragmented) messageEnds.push(frameEnds.at(-1) ?? 0);
        }
        const follower = new FrameFollower();
        for (let at = 0; at < bytes.length; ) {
          const piece = bytes.subarray(at, at + (cuts.next().value ?? 1));
          if (follower.isPayload(piece.length)) follower.skip(piece.length);
          else follower.follow(piece);
          const end = at + piece.length;
          const last = (ends: readonly number[]) => ends.filter((each) => each > at && each <= end).at(-1) ?? at - 1;
          expect([follower.frameEnd, follower.messageEnd]).toEqual([last(frameEnds) - at, last(messageEnds) - at]);
          expect(follower.isBetweenFrames).toBe(frameEnds.includes(end));
          expect(follower.isBetweenMessages).toBe(messageEnds.includes(end));
          at = end;
        }
        expect(follower.hasClosed).toBe(false);
      },
    ),
  );
});

test('a Close frame counts when it is complete', () => {
  const follower = new FrameFollower();
  const close = encode({ opcode: 8, isFinal: true, isMasked: false, size: 2 });
  follower.follow(close.subarray(0, 3));
  expect(follower.hasClosed).toBe(false);
  follower.follow(close.subarray(3));
  expect(follower.hasClosed).toBe(true);
});
