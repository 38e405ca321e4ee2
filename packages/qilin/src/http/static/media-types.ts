/** What a file's name says of its content, by the table of `mime-db`. */
import mime from 'mime';

/** RFC 9110, section 8.3: of what nothing is known nothing should be said that a browser would believe. */
const UNKNOWN = 'application/octet-stream';

/** Texts that are no `text/…`. */
const TEXTS = new Set(['application/javascript', 'application/json', 'application/manifest+json', 'image/svg+xml']);

/** A value for Content-Type. Texts are told to be UTF-8. */
export function mediaTypeOf(name: string): string {
  const type = mime.getType(name) ?? UNKNOWN;
  return type.startsWith('text/') || TEXTS.has(type) ? `${type}; charset=utf-8` : type;
}
