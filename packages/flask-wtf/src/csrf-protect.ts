/** Refuses what another site's page makes a user's browser send. Flask-WTF's `csrf`. */
import { BadRequest, Blueprint, currentApp, type Flask, g, request, type ViewFunction } from '@qilin/flask';
import { fieldName, generateCsrf, ValidationError, validateCsrf } from './tokens.ts';

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];
const HEADERS = ['X-CSRFToken', 'X-CSRF-Token'];

/** The answer to a request without a good token: `app.errorhandler(CSRFError, …)`. Flask-WTF's `CSRFError`. */
export class CSRFError extends BadRequest {}

/**
 * Asks each request that changes something for a token: in the field `csrf_token` of its form, or in a header. Templates write
 * it by `{{ csrf_token() }}`. Flask-WTF's `CSRFProtect`.
 * @example const csrf = new CSRFProtect(app);
 */
export class CSRFProtect {
  readonly #exemptViews = new Set<unknown>();
  readonly #exemptBlueprints = new Set<Blueprint>();

  constructor(app?: Flask) {
    if (app !== undefined) this.initApp(app);
  }

  initApp(app: Flask): void {
    app.extensions['csrf'] = this;
    const forTemplates = (): string => generateCsrf();
    app.templateGlobal('csrf_token', forTemplates);
    app.templateGlobal('csrfToken', forTemplates);
    app.beforeRequest(async () => {
      const { WTF_CSRF_ENABLED: isEnabled = true, WTF_CSRF_CHECK_DEFAULT: isDefault = true } = app.config;
      if (isEnabled && isDefault && !this.#isExempt(app)) await this.protect();
    });
  }

  #isExempt(app: Flask): boolean {
    const { endpoint, blueprint } = request;
    if (endpoint === undefined) return true;
    const registered = blueprint === undefined ? undefined : app.blueprints.get(blueprint);
    if (registered instanceof Blueprint && this.#exemptBlueprints.has(registered)) return true;
    return this.#exemptViews.has(app.viewFunctions.get(endpoint));
  }

  /** Checks the current request; for views when WTF_CSRF_CHECK_DEFAULT is false. @throws CSRFError */
  async protect(): Promise<void> {
    const { WTF_CSRF_METHODS: methods = METHODS, WTF_CSRF_SSL_STRICT: isStrict = true } = currentApp.config;
    if (!methods.includes(request.method)) return;
    try {
      validateCsrf(await findToken());
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      currentApp.logger.info(error.message);
      throw new CSRFError(error.message, { cause: error });
    }
    if (request.isSecure && isStrict) checkReferrer();
    Reflect.set(g, 'csrf_valid', true);
  }

  /** Lets a view, or all those of a blueprint, go without a token: those that no browser's cookies open. Flask-WTF's `@csrf.exempt`. */
  exempt<T extends ViewFunction | Blueprint>(view: T): T {
    if (view instanceof Blueprint) this.#exemptBlueprints.add(view);
    else this.#exemptViews.add(view);
    return view;
  }
}

/** In the form, by its name or with a prefix before it; else in a header. */
async function findToken(): Promise<string | undefined> {
  const name = fieldName();
  const form = await request.form;
  const names = [name, ...[...form.keys()].filter((key) => key.endsWith(name))];
  const inForm = names.map((key) => form.get(key)).find((value) => value);
  if (inForm) return inForm;
  const { WTF_CSRF_HEADERS: headers = HEADERS } = currentApp.config;
  return headers.map((header) => request.headers.get(header)).find((value) => value) ?? undefined;
}

/** @throws CSRFError for a request that does not come from a page of the same host */
function checkReferrer(): void {
  const { referrer, host } = request;
  if (!referrer) throw new CSRFError('The referrer header is missing.');
  const origin = URL.canParse(referrer) ? new URL(referrer).origin : undefined;
  if (origin !== new URL(`https://${host}/`).origin) throw new CSRFError('The referrer does not match the host.');
}
