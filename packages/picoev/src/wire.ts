/**
 * The tables that kernel and JavaScript share: rows of 32-bit words. native/loop/wire.h and native/http1/response.h have the same
 * numbers, and say what each means.
 */

/** Words of a row, in both tables. */
export const ROW_WORDS = 16;
/** Rows of each table; HttpLoop::kEventRows and kAnswerRows. */
export const ROWS = 1024;
/** HttpLoop::kSlabSize. */
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
  TARGET_SIZE: 8,
  BODY_OFFSET: 9,
  BODY_SIZE: 10,
  LENGTH_LOW: 11,
  LENGTH_HIGH: 12,
  /** Where the engine has answered in the app's place. */
  STATUS: 11,
  SENT_LOW: 13,
  SENT_HIGH: 14,
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
} as const;

export const ANSWER = { RESPOND: 1, BEGIN: 2, PIECE: 3, END: 4, RAW: 5, RAW_END: 6, INFORM: 7 } as const;
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
