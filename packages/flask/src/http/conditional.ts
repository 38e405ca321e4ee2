/** Preconditions: does the client need the body that we would send? RFC 9110 section 13. */
import { parseDate } from './dates.ts';
import { type ETags, parseEtags, unquoteEtag } from './etags.ts';
import { type IfRange, parseIfRange } from './ranges.ts';

/** What is known of the answer's body. */
export interface Validators {
  /** As it stands in the `ETag` header. */
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
}

/**
 * Whether the client's copy is out of date. Mirrors Werkzeug's `is_resource_modified`; unlike it, `If-Match: *` matches
 * every resource that exists (RFC 9110 section 13.1.1).
 *
 * @param headers of the request
 * @param validators of the answer
 * @param options `useIfRange`: let `If-Range` decide, when there is a `Range` to go with it
 */
export function isResourceModified(
  headers: Pick<Headers, 'get'>,
  { etag, lastModified }: Validators,
  { useIfRange = false }: { readonly useIfRange?: boolean } = {},
): boolean {
  const ifRange: IfRange =
    useIfRange && headers.get('range') !== null ? parseIfRange(headers.get('if-range')) : { kind: 'none' };
  const since = ifRange.kind === 'date' ? ifRange.date : parseDate(headers.get('if-modified-since'));
  let unmodified =
    since !== undefined && lastModified !== undefined && wholeSeconds(lastModified) <= wholeSeconds(since);
  const tag = unquoteEtag(etag)?.tag;
  if (tag === undefined || tag === '') return !unmodified;
  if (ifRange.kind === 'etag') return ifRange.tag !== tag && ifRange.tag !== '*';
  const ifNoneMatch = parseEtags(headers.get('if-none-match'));
  if (!ifNoneMatch.empty) unmodified = ifNoneMatch.containsWeak(tag);
  const ifMatch: ETags = parseEtags(headers.get('if-match'));
  if (!ifMatch.empty) unmodified = !ifMatch.contains(tag);
  return !unmodified;
}

/** HTTP dates have no parts of a second: without dropping them a file would always be newer than its own date. */
function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
