/** A response as a test looks at it: its body has been read. Werkzeug's `TestResponse`. */

/** What was asked. */
export interface TestedRequest {
  readonly method: string;
  /** `/login` */
  readonly path: string;
  readonly url: string;
}

/** As the client returns it. Werkzeug's `TestResponse`. */
export class TestResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The body as bytes. */
  readonly data: Uint8Array;
  /** What it answers; the last one, after redirects. */
  readonly request: TestedRequest;
  /** The redirects that were followed before. */
  readonly history: readonly TestResponse[];

  constructor(response: Response, data: Uint8Array, request: TestedRequest, history: readonly TestResponse[]) {
    this.status = response.status;
    this.headers = response.headers;
    this.data = data;
    this.request = request;
    this.history = history;
  }

  /** The body as UTF-8. */
  get text(): string {
    return new TextDecoder().decode(this.data);
  }

  /** The body as JSON. @throws TypeError when its content type is another, SyntaxError when it is malformed */
  get json(): unknown {
    if (!/^application\/(?:[^;]*\+)?json\b/i.test(this.contentType ?? '')) {
      throw new TypeError(
        `The response is no JSON but ${this.contentType ?? 'of no content type'}: ${this.text.slice(0, 200)}`,
      );
    }
    return JSON.parse(this.text);
  }

  /** As it was sent, with its parameters. */
  get contentType(): string | undefined {
    return this.headers.get('content-type') ?? undefined;
  }

  /** The content type without its parameters. */
  get mimetype(): string {
    return (this.contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  }

  /** Where a redirect leads, as it was sent. */
  get location(): string | undefined {
    return this.headers.get('location') ?? undefined;
  }
}
