/** The app, and what answers its requests. Flask's `Flask`. */
import type { RunOptions } from '../dev-server/run.ts';
import { CliRunner } from '../testing/cli-runner.ts';
import { TestClient } from '../testing/client.ts';
import { buildRequest, type TestRequestOptions, toRequest } from '../testing/request.ts';
import { AppScaffold, type FlaskOptions } from './app-scaffold.ts';
import { AppContext, RequestContext, requireAppContext } from './context.ts';
import { handle } from './dispatch.ts';
import type { ImportName } from './scaffold.ts';

/** Anything that adds something to an app: `extension.initApp(app)`. */
export interface Extension {
  initApp(app: Flask): void;
}

/**
 * @example
 * const app = new Flask(import.meta);
 * app.get('/', () => 'Hello, World!');
 * export default app;
 */
export class Flask extends AppScaffold {
  /**
   * Answers one request: what every server of the fetch kind calls. Bound, so that `Deno.serve(app.fetch)` works.
   * Errors of views are answered, except in tests and in debug mode.
   */
  readonly fetch: (request: Request, environment?: unknown) => Response | Promise<Response>;

  readonly #shellContextProcessors: (() => Readonly<Record<string, unknown>>)[] = [];

  /** @param from the module's `import.meta`: paths are relative to its folder */
  constructor(from: ImportName, options: FlaskOptions = {}) {
    super(from, options);
    this.fetch = (request, environment) => handle(new RequestContext(this, request, environment));
  }

  /** A context without a request, for scripts and tests: `app.appContext().run(() => …)`. Flask's `app_context`. */
  appContext(): AppContext {
    return new AppContext(this);
  }

  /** The context of a given request. Flask's `request_context`. */
  requestContext(request: Request, environment?: unknown): RequestContext {
    return new RequestContext(this, request, environment);
  }

  /** The context of a made-up request, for tests: `app.testRequestContext('/?page=2').run(() => …)`. Flask's `test_request_context`. */
  testRequestContext(path = '/', options: TestRequestOptions = {}): RequestContext {
    return new RequestContext(this, toRequest(buildRequest(this, path, options)), options.environment);
  }

  /** Answers the request of a context; `fetch` with the context at hand. Flask's `full_dispatch_request`. @internal */
  handle(context: RequestContext): Response | Promise<Response> {
    return handle(context);
  }

  /** Sends requests without a server. Flask's `test_client`. */
  testClient(options: { readonly useCookies?: boolean } = {}): TestClient<RequestContext> {
    return new TestClient(this, options);
  }

  /** Gives names to those who type at `flask shell`. Flask's `shell_context_processor`. */
  shellContextProcessor<F extends () => Readonly<Record<string, unknown>>>(work: F): F {
    this.checkSetup('shellContextProcessor');
    this.#shellContextProcessors.push(work);
    return work;
  }

  /** What `flask shell` begins with: `app`, `g`, and what was registered. Flask's `make_shell_context`. */
  makeShellContext(): Record<string, unknown> {
    const own = { app: this, g: requireAppContext().g };
    return Object.assign(own, ...this.#shellContextProcessors.map((work) => work()));
  }

  /** Runs the app's commands without a process. Flask's `test_cli_runner`. */
  testCliRunner(): CliRunner {
    return new CliRunner(this);
  }

  /**
   * The development server: serves until SIGINT or SIGTERM. Nothing where something else serves the app already: a worker of
   * Qilin, `flask run`. Flask's `run`.
   * @throws ConfigError for `threaded` with several `processes`, or a port that is none; an address in use
   */
  async run(options: RunOptions = {}): Promise<void> {
    const { run } = await import('../dev-server/run.ts');
    await run(this, options);
  }
}
