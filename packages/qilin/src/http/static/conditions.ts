/** What a request's conditions come to for a file: RFC 9110, section 13. Pure. */

export interface Validators {
  /** With its quotes; strong. */
  readonly etag: string;
  /** As an HTTP date, and in whole seconds. */
  readonly lastModified: string;
  readonly modifiedAt: number;
}

export type Header = (name: string) => string | undefined;

/** `send` the file, say that the client's copy is good (304), or that what it supposed does not hold (412). */
export type Verdict = 'send' | 'unchanged' | 'failed';

/** In the order of section 13.2.2. */
export function weigh(header: Header, file: Validators): Verdict {
  const ifMatch = header('if-match');
  if (ifMatch !== undefined) {
    if (!lists(ifMatch, file.etag, isStrong)) return 'failed';
  } else if (isBefore(header('if-unmodified-since'), file.modifiedAt)) return 'failed';
  const ifNoneMatch = header('if-none-match');
  if (ifNoneMatch !== undefined) return lists(ifNoneMatch, file.etag, isAny) ? 'unchanged' : 'send';
  const since = secondsOf(header('if-modified-since'));
  return since !== undefined && file.modifiedAt <= since ? 'unchanged' : 'send';
}

/** Whether a range may be sent: the client's other parts are of this very file (section 13.1.5). */
export function isSameFile(ifRange: string | undefined, file: Validators): boolean {
  return ifRange === undefined || ifRange === file.etag || ifRange === file.lastModified;
}

const isStrong = (tag: string): boolean => !tag.startsWith('W/');
const isAny = (): boolean => true;

const TAGS = /(?:W\/)?"[^"]*"/g;

/** Ours are strong: a weak one of the client's is the same tag where weakness does not matter. */
function lists(value: string, etag: string, counts: (tag: string) => boolean): boolean {
  if (value.trim() === '*') return true;
  return (value.match(TAGS) ?? []).some((tag) => counts(tag) && tag.replace(/^W\//, '') === etag);
}

function isBefore(date: string | undefined, modifiedAt: number): boolean {
  const seconds = secondsOf(date);
  return seconds !== undefined && seconds < modifiedAt;
}

/** Anything but a date of HTTP is no condition. The oldest of its three forms does not say that it is GMT (RFC 9110, section 5.6.7). */
function secondsOf(date: string | undefined): number | undefined {
  if (date === undefined || !/^[A-Z][a-z]{2,8},? /.test(date)) return undefined;
  const time = Date.parse(date.endsWith(' GMT') ? date : `${date} GMT`);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}
