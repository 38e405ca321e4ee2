/** The headers that tell a client how much is left. Flask-Limiter's `__inject_headers`. */
import type { RequestLimit } from './limit.ts';

export function setHeaders(headers: Headers, { limit, remaining, resetAt }: RequestLimit): void {
  headers.append('X-RateLimit-Limit', String(limit.amount));
  headers.append('X-RateLimit-Remaining', String(remaining));
  headers.append('X-RateLimit-Reset', String(resetAt));
  const left = Math.trunc(resetAt - Date.now() / 1000);
  headers.set('Retry-After', String(Math.max(0, left, askedFor(headers.get('retry-after')))));
}

/** Seconds that a view's own `Retry-After` asks for, short of the one that has begun; 0 where it says nothing. */
function askedFor(value: string | null): number {
  if (value === null) return 0;
  const now = Date.now() / 1000;
  const at = /^\d+$/.test(value) ? Math.trunc(now + Number(value)) : Date.parse(value) / 1000;
  return Math.trunc(at - now) || 0;
}
