/**
 * The end of a request: when its answer is complete, not when its view has returned. What is torn down then (a database
 * connection in `g`, uploaded files) is there for a view that streams.
 */
import { setImmediate } from 'node:timers/promises';
import { mayStream } from '../replies/reply.ts';
import { type RequestContext, runIn } from './context.ts';

/** Bytes of a body up to which it is looked whether it is there in full: of a text, or of bytes in memory. */
const MOST_AHEAD = 1024 * 1024;

/** How long the source of a body, told that its client has left, may take for its own end before teardown no longer waits for it. */
const LAST_WORDS = 5_000;

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
  // To HEAD nobody reads the body.
  const ofLeaving = (reason: unknown) => (context.method === 'HEAD' ? failure : new ClientLeft(reason));
  return withBody(response, followed(source, failure, ofLeaving, end));
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
function followed(
  source: Source,
  failure: unknown,
  ofLeaving: (reason: unknown) => unknown,
  end: (error: unknown) => Promise<void>,
): ReadableStream {
  let hasLeft = false;
  let ended: Promise<void> | undefined;
  const endOnce = (error: unknown): Promise<void> => {
    ended ??= end(error);
    return ended;
  };
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await source.read().then(
          (piece) => ({ piece }),
          (error: unknown) => ({ error }),
        );
        // A source that is cancelled while it is waited for seems to be at its end.
        if (hasLeft) return;
        if ('error' in next) {
          await endOnce(next.error);
          throw next.error;
        }
        if (next.piece !== undefined) return controller.enqueue(next.piece);
        await endOnce(failure);
        // The client may have left meanwhile.
        if (!hasLeft) controller.close();
      },
      async cancel(reason) {
        hasLeft = true;
        await within(LAST_WORDS, source.cancel(reason));
        await endOnce(ofLeaving(reason));
      },
    },
    { highWaterMark: 0 },
  );
}

/** A generator that waits for what never comes cannot be ended: its request ends all the same. */
async function within(milliseconds: number, ending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([ending.catch(() => {}), late]);
  clearTimeout(timer);
}

function withBody({ status, statusText, headers }: Response, body: Blob | ReadableStream): Response {
  return new Response(body, { status, statusText, headers });
}
