/** What the dashboard's page is told each second. Types alone: page and server share them. */
import type { Figures } from '../admin/figures.ts';
import type { Status } from '../contract/status.ts';

/** Of the figures of `/metrics`, what the page draws; each of these names is documented there. */
export const SHOWN_FIGURES = [
  'qilin_requests',
  'qilin_request_duration_seconds',
  'qilin_queue_seconds',
  'qilin_requests_in_flight',
  'qilin_requests_refused',
  'qilin_deadlines_passed',
  'qilin_connections',
  'qilin_cpu_seconds',
  'qilin_arbiter_resident_bytes',
] as const;

export type ShownFigures = Pick<Figures, (typeof SHOWN_FIGURES)[number]>;

export interface LogNews {
  /** A file's lines are those of all processes; else the arbiter's own, which it keeps in memory. */
  readonly source: 'file' | 'arbiter';
  readonly lines: readonly string[];
  /** Lines before these were left out. */
  readonly isCut: boolean;
  /** To ask with for what comes next. */
  readonly next: string;
}

export interface Access {
  readonly needsToken: boolean;
}

export interface Feed {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whether orders are taken. */
  readonly takesOrders: boolean;
  /** What `/status` answers. */
  readonly status: Status;
  readonly figures: ShownFigures;
  readonly log: LogNews;
}

/** What a page may have done: the reply is what qilinctl would get; of a profile, the profile. */
export const ORDERS = ['reload', 'scale', 'profile'] as const;
