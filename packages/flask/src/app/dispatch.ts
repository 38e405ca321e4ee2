/**
 * The way of a request through an app:
 *
 *     match ─▶ before… ─▶ view ─▶ reply ─▶ after… ─▶ session ─▶ teardown…
 *                 └────────┴─ error ─▶ handler ─┘
 *
 * A rule with nothing around its view takes the short way: no promise, unless the view returns one, and no closure.
 */
import type { App } from '../contract.ts';
import { defaultExceptions } from '../exceptions/abort.ts';
import { BadRequestKeyError, SecurityError } from '../exceptions/bad-requests.ts';
import { BadRequest } from '../exceptions/client-errors.ts';
import { HTTPException, RequestRedirect } from '../exceptions/http-exception.ts';
import { InternalServerError } from '../exceptions/server-errors.ts';
import type { Plan } from '../hooks/plan.ts';
import { UnsafeHeaderError } from '../http/header-values.ts';
import { MissingKeyError, StatusError } from '../http/status-error.ts';
import { pathOf } from '../http/url-parts.ts';
import { HTML, makeReply, mutable } from '../replies/reply.ts';
import { type RequestContext, runIn } from './context.ts';
import { endWith } from './ending.ts';
import { allowedMethods } from './match-request.ts';
import { mustPrepareSession, prepareSession, saveSession } from './session.ts';
import { gotRequestException, requestFinished, requestStarted } from './signals.ts';

/** The whole of a request with its context current. Flask's `wsgi_app`. */
export const handle = (context: RequestContext): Response | Promise<Response> => runIn(context, respond);

function respond(context: RequestContext): Response | Promise<Response> {
  const { app, plan } = context;
  if (!plan.isBare || mustPrepareSession(app) || requestStarted.hasReceivers || requestFinished.hasReceivers) {
    return respondFully(context, plan);
  }
  try {
    const value = callView(context, plan);
    if (value instanceof Promise) return finishLater(context, plan, value);
    const response = toResponse(value, context);
    return context.needsFinish() ? finishLater(context, plan, response) : response;
  } catch (error) {
    return recover(context, plan, error);
  }
}

function toResponse(value: unknown, context: RequestContext): Response {
  context.reply = value;
  return makeReply(value, context.app.json, context.rule?.endpoint);
}

async function finishLater(context: RequestContext, plan: Plan, value: unknown): Promise<Response> {
  try {
    const response = await finished(context, plan, value);
    return context.hasEndings ? await endWith(context, response, undefined) : response;
  } catch (error) {
    await context.end();
    throw error;
  }
}

async function finished(context: RequestContext, plan: Plan, value: unknown): Promise<Response> {
  try {
    const response = toResponse(await value, context);
    return context.needsFinish() ? await finish(context, plan, response) : response;
  } catch (error) {
    return await recover(context, plan, error);
  }
}

/** After an error on the short way, where nothing is torn down. */
async function recover(context: RequestContext, plan: Plan, error: unknown): Promise<Response> {
  try {
    return await finish(context, plan, toResponse(await handleUserError(context, plan, error), context));
  } catch (unhandled) {
    return await handleError(context, plan, unhandled);
  }
}

async function respondFully(context: RequestContext, plan: Plan): Promise<Response> {
  let response: Response;
  let failure: unknown;
  try {
    response = await dispatchFully(context, plan);
  } catch (error) {
    failure = error;
    try {
      response = await handleError(context, plan, error);
    } catch (unhandled) {
      await context.tearDown(error);
      throw unhandled;
    }
  }
  return endWith(context, response, failure);
}

/** Flask's `full_dispatch_request`. */
async function dispatchFully(context: RequestContext, plan: Plan): Promise<Response> {
  const { app } = context;
  await prepareSession(context);
  let response: Response;
  try {
    requestStarted.send(app, undefined);
    const value = (await preprocess(context, plan)) ?? (await callView(context, plan));
    response = toResponse(value, context);
  } catch (error) {
    response = toResponse(await handleUserError(context, plan, error), context);
  }
  return finish(context, plan, response);
}

/** Flask's `preprocess_request`: the first reply of a function before the view is the reply. */
async function preprocess(context: RequestContext, plan: Plan): Promise<unknown> {
  for (const work of plan.urlValuePreprocessors) work(context.rule?.endpoint, context.viewArgs);
  for (const work of plan.before) {
    const reply = await work();
    if (reply !== undefined && reply !== null) return reply;
  }
  return undefined;
}

/** Flask's `dispatch_request`. */
function callView(context: RequestContext, plan: Plan): unknown {
  const { rule, app } = context;
  if (rule === undefined) throw context.routingException;
  if (context.method === 'OPTIONS' && rule.provideAutomaticOptions) return optionsResponse(context);
  if (plan.view === undefined) throw new Error(`No view is registered for the endpoint '${rule.endpoint}'.`);
  return plan.view.call(app, context.viewArgs as never);
}

function optionsResponse(context: RequestContext): Response {
  const response = new Response('', HTML);
  response.headers.set('Allow', allowedMethods(context).join(', '));
  return response;
}

/** Functions after the view, the session, and who listens. Flask's `finalize_request`. */
async function finish(context: RequestContext, plan: Plan, response: Response): Promise<Response> {
  const { app } = context;
  let finished = response;
  // What `fetch()` or `Response.redirect()` gave a view has headers that cannot be changed.
  for (const work of context.afterFunctions ?? []) finished = await work(mutable(finished));
  for (const work of plan.after) finished = await work(mutable(finished));
  if (finished !== response) context.reply = finished;
  finished = await saveSession(context, finished);
  requestFinished.send(app, { response: finished });
  return finished;
}

/** Flask's `handle_user_exception`: the reply of the handler of an error. @throws the error when there is none */
async function handleUserError(context: RequestContext, plan: Plan, thrown: unknown): Promise<unknown> {
  const { app } = context;
  const error = asException(thrown);
  if (error instanceof BadRequestKeyError && (app.debug || app.config.TRAP_BAD_REQUEST_ERRORS)) error.showKey();
  if (error instanceof SecurityError) app.logger.warning(`Refused ${describe(context)}: ${error.reason}`);
  if (error instanceof HTTPException && !isTrapped(app, error)) {
    if (error.code === undefined || error instanceof RequestRedirect) return error;
    const handler = findHandler(plan, error);
    return handler === undefined ? error : await handler(error);
  }
  const handler = error instanceof Error ? findHandler(plan, error) : undefined;
  if (handler === undefined || !(error instanceof Error)) throw error;
  return await handler(error);
}

/** The errors of the package's parts know a status; error handlers know exceptions. */
function asException(error: unknown): unknown {
  if (error instanceof UnsafeHeaderError) return new SecurityError(error.message, { cause: error });
  if (error instanceof MissingKeyError) return new BadRequestKeyError(error.key, { cause: error });
  if (!(error instanceof StatusError)) return error;
  const Exception = defaultExceptions.get(error.status);
  if (Exception === undefined) return error;
  const exception = new Exception(undefined, { cause: error });
  if (error.headers.length === 0) return exception;
  const response = exception.getResponse();
  for (const [name, value] of error.headers) response.headers.append(name, value);
  return new Exception(undefined, { cause: error, response });
}

function isTrapped(app: App, error: HTTPException): boolean {
  if (app.config.TRAP_HTTP_EXCEPTIONS) return true;
  const trap = app.config.TRAP_BAD_REQUEST_ERRORS;
  if (trap === null && app.debug && error instanceof BadRequestKeyError) return true;
  return trap === true && error instanceof BadRequest;
}

/** The handlers for the error's code in all the chain come before those for its class alone. */
function findHandler(plan: Plan, error: Error) {
  const code = error instanceof HTTPException ? error.code : undefined;
  for (const wanted of code === undefined ? [undefined] : [code, undefined]) {
    for (const { errorHandlers } of plan.chain) {
      const handler = errorHandlers.find(error, wanted);
      if (handler !== undefined) return handler;
    }
  }
  return undefined;
}

/**
 * An error that nobody handled: a 500, by the app's handler for that; in tests and in debug mode it goes to the caller.
 * Flask's `handle_exception`.
 */
async function handleError(context: RequestContext, plan: Plan, error: unknown): Promise<Response> {
  const { app } = context;
  gotRequestException.send(app, { exception: error });
  if (app.config.PROPAGATE_EXCEPTIONS ?? (app.testing || app.debug)) throw error;
  app.logger.exception(`Exception on ${describe(context)}`, error);
  const serverError = new InternalServerError(undefined, { originalException: error });
  const handler = findHandler(plan, serverError);
  const response = toResponse(handler === undefined ? serverError : await handler(serverError), context);
  try {
    return await finish(context, plan, response);
  } catch (finishing) {
    app.logger.exception('Request finalizing failed with an error while handling an error', finishing);
    return response;
  }
}

/** `/path [GET]`; what a client can choose is shown without control characters. */
function describe({ url, method }: RequestContext): string {
  return `${JSON.stringify(pathOf(url)).slice(1, -1)} [${method}]`;
}
