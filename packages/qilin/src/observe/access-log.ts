/** The access log: one line, or one JSON object, for each answered request, written in batches. */
import { QilinError } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import { LOG_FIELD_EXPECTED, type LogField, type LogFieldValue, parseLogField } from '../contract/log-fields.ts';
import { matcherOf } from '../contract/path-patterns.ts';
import { isTraceparent, REQUEST_ID, TRACEPARENT } from '../contract/trace.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { AccessEntry, AccessLog } from '../contract/worker-class.ts';
import type { AccessLogSettings } from '../contract/worker-config.ts';
import { basicUser, compileFormat, type FormatEntry, pathOf, queryOf } from './access-line.ts';
import { dropped } from './error-log.ts';
import { bytesInJson, fitTogether, toJsonLine } from './escape.ts';
import { openLineFile } from './line-file.ts';

/** Lines are written when this many characters have gathered, */
const ACCESS_BUFFER_SIZE = 16 * 1024;
/** or the oldest has waited for this long; also on `flush`, `reopen` and when the process exits. */
const ACCESS_FLUSH_INTERVAL: Milliseconds = 100;

/**
 * Opens the access log; null when it is off. What goes wrong later (a full disk, a file that cannot be reopened) is told
 * to `log` and does not concern the requests.
 * @throws QilinError LOG_FILE when the file cannot be opened, SETTING_INVALID for a format with an unknown atom.
 */
export function createAccessLog(settings: AccessLogSettings, log: Log): AccessLog | null {
  const { accesslog, accessLogFormat, logFormat } = settings;
  if (accesslog === null) return null;
  const format = logFormat === 'json' ? createJsonFormat(settings) : compileFormat(accessLogFormat);
  const isExcluded = createExclusion(settings);
  const file = openLineFile({
    name: accesslog,
    standard: 1,
    bufferSize: ACCESS_BUFFER_SIZE,
    flushInterval: ACCESS_FLUSH_INTERVAL,
    onFailure: (message) => log.error(message),
    onDropped: (lines) => {
      log.warning(dropped(lines, 'the access log'));
      return '';
    },
  });
  return {
    write(entry) {
      if (!isExcluded(entry)) file.write(`${format(entry, Date.now(), file.longestLine - 1)}\n`);
    },
    reopen: () => file.reopen(),
    flush: () => file.flush(),
    close: () => file.close(),
  };
}

/** A failure is no routine, whatever the path: a health check that says so is what somebody looks for. */
const FAILED = 500;

function createExclusion({ accessLogExclude }: AccessLogSettings): (entry: AccessEntry) => boolean {
  if (accessLogExclude.length === 0) return () => false;
  const matches = matcherOf(accessLogExclude);
  return (entry) => entry.status < FAILED && matches(pathOf(entry));
}

/**
 * The entry as an object: docs/logging.md lists the fields. What is missing is null.
 * @throws QilinError SETTING_INVALID for what is no field.
 */
export function createJsonFormat({
  logFields,
  requestId,
}: Pick<AccessLogSettings, 'logFields' | 'requestId'>): FormatEntry {
  const more = logFields.map((name) => ({ name, field: logFieldFrom(name) }));
  return (entry, now, longest) => {
    const fields = fieldsOf(entry, now, requestId);
    for (const { name, field } of more) fields[name] = fieldValue(entry, field);
    const line = toJsonLine(fields);
    if (line.length * MOST_BYTES <= longest || Buffer.byteLength(line) <= longest) return line;
    return toJsonLine(cutFields(fields, longest));
  };
}

function logFieldFrom(text: string): LogField {
  const field = parseLogField(text);
  if (field !== undefined) return field;
  throw new QilinError('SETTING_INVALID', `logFields must be ${LOG_FIELD_EXPECTED} (got ${JSON.stringify(text)}).`);
}

function fieldValue(entry: AccessEntry, { kind, name }: LogField): LogFieldValue {
  if (kind === 'own') return entry.ownField?.(name) ?? null;
  return (kind === 'request' ? entry.requestHeader(name) : entry.responseHeader(name)) ?? null;
}

/** Of one UTF-16 unit, in UTF-8. */
const MOST_BYTES = 3;

type Fields = Record<string, LogFieldValue>;

/** @param hasIds An id is none of ours otherwise, and anybody's word. */
function fieldsOf(entry: AccessEntry, now: Milliseconds, hasIds: boolean): Fields {
  const traceparent = entry.requestHeader(TRACEPARENT);
  return {
    time: new Date(now).toISOString(),
    pid: process.pid,
    client: entry.client ?? null,
    user: basicUser(entry) ?? null,
    method: entry.method,
    path: pathOf(entry),
    query: queryOf(entry),
    protocol: entry.protocol,
    status: entry.status,
    bytes: entry.bytes,
    microseconds: entry.microseconds,
    scheme: entry.scheme,
    host: entry.requestHeader('host') ?? null,
    referer: entry.requestHeader('referer') ?? null,
    userAgent: entry.requestHeader('user-agent') ?? null,
    requestId: (hasIds ? entry.requestHeader(REQUEST_ID) : undefined) ?? null,
    traceparent: traceparent !== undefined && isTraceparent(traceparent) ? traceparent : null,
  };
}

/** With texts short enough for an object of `longest` bytes. */
function cutFields(fields: Readonly<Fields>, longest: number): Fields {
  const texts = Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === 'string');
  const empty = Object.fromEntries(texts.map(([name]) => [name, '']));
  const room = longest - Buffer.byteLength(toJsonLine({ ...fields, ...empty }));
  const values = texts.map(([, text]) => text);
  const cut = fitTogether(values, room, bytesInJson);
  return { ...fields, ...Object.fromEntries(texts.map(([name], index) => [name, cut[index] ?? ''])) };
}
