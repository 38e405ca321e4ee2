/** The bodies that an app's response may have. */
import type { FetchExchange } from '@qilin/picoev';
import type { LightBody } from './fast-response.ts';
import { cancel, pieceSource } from './send-stream.ts';

/** In bytes; undefined where only its end tells, and of one that nobody gives, as for HEAD. */
export function sizeOf({ method }: FetchExchange, body: LightBody): number | undefined {
  if (body === null) return method === 'HEAD' ? undefined : 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.byteLength;
  return body instanceof Blob ? body.size : undefined;
}

/** Nobody will read it. */
export function discard(body: LightBody, onError: (error: unknown) => void): void {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array || body instanceof Blob) return;
  cancel(pieceSource(body), undefined, onError);
}
