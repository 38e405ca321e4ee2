/**
 * The end of a request: when its answer is complete, not when its view has returned. What is torn down then (a database
 * connection in `g`, uploaded files) is there for a view that streams.
 */
import { setImmediate } from 'node:timers/promises';
import { mayStream } from '../replies/reply.ts';
import { type RequestContext, runIn } from './context.ts';

/** Bytes of a body up to which it is looked whether it is there in full: of a text, or of bytes in memory. */
const MOST_AHEAD = 1024 * 1024;

/** What a teardown function gets when the client has left before the last byte. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft';

  constructor(reason: unknown) {
    super('The client left before the response was complete.', { cause: reason });
  }
}

/**
 * Ends the request: at once where the answer is there in full, otherwise when its last byte was taken, when it fails, or
 * when the client leaves.
 * @param failure what the request failed with; a stream may fail later still
 * @throws what a teardown function throws, while there is somebody to tell; later on it is logged
 */
export async function endWith(context: RequestContext, response: Response, failure: unknown): Promise<Response> {
  const { reply, app } = context;
  const body = mayStream(reply) ? response.body : null;
  if (body === null) {
    await context.tearDown(failure);
    return response;
  }
  const source = new Source(body);
  // Of a `Response` nobody can see whether its body is a text or a stream.
  if (reply instanceof Response && (await source.isThere())) {
    await context.tearDown(failure);
    return withBody(response, new Blob(source.ahead));
  }
  const end = (error: unknown): Promise<void> =>
    runIn(context, (current) => current.tearDown(error)).catch((thrown: unknown) =>
      app.logger.exception('Teardown failed after a streamed response', thrown),
    );
  return withBody(response, followed(source, failure, end));
}

/** A body that can be looked at before it is passed on. */
class Source {
  /** What was read so far and not passed on. */
  readonly ahead: Uint8Array<ArrayBuffer>[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #next: ReturnType<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>['read']> | undefined;

  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = body.getReader();
  }

  /** Whether all of it can be read without waiting for anything but promises. */
  async isThere(): Promise<boolean> {
    for (let size = 0; size < MOST_AHEAD; ) {
      this.#next = this.#reader.read();
      const next = await Promise.race([this.#next, setImmediate()]).catch(() => undefined);
      if (next === undefined) return false;
      if (next.done) return true;
      this.#next = undefined;
      this.ahead.push(next.value);
      size += next.value.byteLength;
    }
    return false;
  }

  async read(): Promise<Uint8Array | undefined> {
    const known = this.ahead.shift();
    if (known !== undefined) return known;
    const next = this.#next ?? this.#reader.read();
    this.#next = undefined;
    return (await next).value;
  }

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}

/** The same bytes, with `end` called once behind them; the last byte is not told before that is done. */
function followed(source: Source, failure: unknown, end: (error: unknown) => Promise<void>): ReadableStream {
  return new ReadableStream(
    {
      async pull(controller) {
        let piece: Uint8Array | undefined;
        try {
          piece = await source.read();
        } catch (error) {
          await end(error);
          throw error;
        }
        if (piece !== undefined) return controller.enqueue(piece);
        await end(failure);
        controller.close();
      },
      async cancel(reason) {
        await source.cancel(reason).catch(() => {});
        await end(new ClientLeft(reason));
      },
    },
    { highWaterMark: 0 },
  );
}

function withBody({ status, statusText, headers }: Response, body: Blob | ReadableStream): Response {
  return new Response(body, { status, statusText, headers });
}
