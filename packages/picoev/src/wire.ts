/**
 * What kernel and JavaScript must agree on: the tables that they share, rows of 32-bit words, and the options. The native headers
 * say what each means (loop/wire.h, loop/loop.h, http1/response.h); test/wire.test.ts compares every export with theirs.
 */

/** Words of a row, in both tables. */
export const ROW_WORDS = 16;
/** Rows of each table. */
export const ROWS = 1024;
export const SLAB_BYTES = 2 * 1024 * 1024;

export const EVENT = {
  REQUEST: 1,
  BODY: 2,
  BODY_BROKEN: 3,
  DRAIN: 4,
  GONE: 5,
  REFUSED: 6,
  CONNECTED: 7,
  CLOSED: 8,
} as const;

/** Which word of an event row holds what. */
export const EVENT_WORD = {
  KIND: 0,
  FLAGS: 1,
  FD: 2,
  SERIAL: 3,
  SEQUENCE: 4,
  HEAD_OFFSET: 5,
  HEAD_SIZE: 6,
  METHOD_SIZE: 7,
  /** Of a refusal that is offered. */
  REASON: 7,
  TARGET_SIZE: 8,
  BODY_OFFSET: 9,
  BODY_SIZE: 10,
  LENGTH_LOW: 11,
  LENGTH_HIGH: 12,
  /** Where the engine has answered in the app's place. */
  STATUS: 11,
  /** Of a request or a piece of its body. */
  TRAILERS_SIZE: 13,
  /** Of the end of a connection. */
  SENT_LOW: 13,
  SENT_HIGH: 14,
  LISTENER: 15,
} as const;

export const EVENT_FLAG = {
  HTTP10: 1,
  LAST_REQUEST: 2,
  HEAD: 4,
  BODY_COMPLETE: 8,
  CHUNKED_BODY: 16,
  EXPECTS_CONTINUE: 32,
  UPGRADE: 64,
  LOST: 128,
  RESET: 256,
  ENDED: 512,
  OFFERED: 1024,
  OVERDUE: 2048,
  RESUMED: 4096,
} as const;

/** What of a client's bytes makes them no request, or no body. */
export const FAULT = {
  RULE: 1,
  FIELD: 2,
  METHOD: 3,
  TARGET: 4,
  VERSION: 5,
  END: 6,
  BARE_CR: 7,
  BARE_LF: 8,
  LENGTH: 9,
  LENGTHS: 10,
  CODING: 11,
  CHUNK_SIZE: 12,
  EXTENSIONS: 13,
  TOO_LONG: 14,
} as const;
export type FaultKind = (typeof FAULT)[keyof typeof FAULT];

/** Of a refusal that no bytes are the cause of. */
export const NO_REASON = 0xffff_ffff;

export const ANSWER = { RESPOND: 1, BEGIN: 2, PIECE: 3, END: 4, RAW: 5, RAW_END: 6, INFORM: 7, ANSWERED: 8 } as const;
export type AnswerKind = (typeof ANSWER)[keyof typeof ANSWER];

/** Which word of an answer row holds what. */
export const ANSWER_WORD = {
  KIND: 0,
  FLAGS: 1,
  FD: 2,
  SERIAL: 3,
  SEQUENCE: 4,
  STATUS: 5,
  FIELDS_SIZE: 6,
  BODY_SIZE: 7,
  LENGTH_LOW: 8,
  LENGTH_HIGH: 9,
  REASON_SIZE: 10,
} as const;

export const ANSWER_FLAG = {
  HTTP10: 1,
  CLOSE: 2,
  BODILESS: 4,
  HAS_DATE: 8,
  UNKNOWN_LENGTH: 16,
  NO_LENGTH: 32,
} as const;

/** By their numbers. */
export const MULTIPLEXERS = ['epoll', 'epoll-lt', 'poll', 'select'] as const;
export const TIMERS = ['wheel', 'heap'] as const;

/** Milliseconds: beyond it, Node's own timers overflow. */
const TIME = { min: 0, max: 2 ** 31 - 1 } as const;
/** Bytes of a part of a request's head: all of it has no more. */
const HEAD = { min: 0, max: 1024 * 1024 } as const;

/** What each option of the loop may be, as a number. */
export const OPTION_RANGES = {
  multiplexer: { min: 0, max: 3 },
  timers: { min: 0, max: 1 },
  lowerCaseNames: { min: 0, max: 1 },
  connections: { min: 1, max: 2 ** 31 - 1 },
  requestLine: HEAD,
  fields: { min: 0, max: 1024 },
  fieldSize: HEAD,
  body: { min: 0, max: Number.MAX_SAFE_INTEGER },
  headTimeout: TIME,
  bodyTimeout: TIME,
  keepAliveTimeout: TIME,
  writeTimeout: TIME,
  answerTimeout: TIME,
  exchangeTimeout: TIME,
} as const;
