/** abort, HTTP exceptions, and who handles what. */
import {
  abort,
  BadRequest,
  Conflict,
  type Flask,
  Gone,
  HTTPException,
  jsonify,
  MethodNotAllowed,
  makeResponse,
  NotFound,
  RequestedRangeNotSatisfiable,
  request,
  ServiceUnavailable,
  TooManyRequests,
  Unauthorized,
  WwwAuthenticate,
} from '@qilin/flask';

class Broken extends Error {}

class MoreBroken extends Broken {}

class Teapot extends HTTPException {
  override readonly code = 418;
  override description = 'Ours <is> short & stout';
}

const RAISED: Readonly<Record<string, () => Error>> = {
  gone: () => new Gone('It <went>'),
  'not-found': () => new NotFound(),
  bad: () => new BadRequest('not\nlike this'),
  conflict: () => new Conflict(undefined, { response: makeResponse('my conflict', 409) }),
  teapot: () => new Teapot(),
  unauthorized: () => new Unauthorized(undefined, { wwwAuthenticate: WwwAuthenticate.basic('here') }),
  'too-many': () => new TooManyRequests(undefined, { retryAfter: 30 }),
  unavailable: () => new ServiceUnavailable(undefined, { retryAfter: 60 }),
  range: () => new RequestedRangeNotSatisfiable(undefined, { length: 10 }),
  method: () => new MethodNotAllowed(undefined, { validMethods: ['GET', 'PUT'] }),
};

export function addErrors(app: Flask): void {
  app.get('/abort/<int:code>', function abort_with({ code }) {
    abort(code);
  });

  app.get('/abort-text/<int:code>', function abort_with_text({ code }) {
    abort(code, request.args.get('text', 'No <b>luck</b> & more'));
  });

  app.get('/abort-response', function abort_response() {
    abort(makeResponse('as I said', 403));
  });

  app.get('/abort-plain-response', function abort_plain_response() {
    abort(new Response('plain', { status: 409, headers: { 'Content-Type': 'text/plain; charset=utf-8' } }));
  });

  app.get('/raise/<name>', function raise_named({ name }) {
    throw RAISED[name]?.();
  });

  app.get('/crash', function crash() {
    throw new Error('secret-of-the-stack');
  });

  app.get('/broken', function broken() {
    throw new Broken('one');
  });

  app.get('/more-broken', function more_broken() {
    throw new MoreBroken('two');
  });

  app.get('/key-error', async function key_error() {
    return (await request.form).require('missing');
  });

  app.errorhandler(Broken, (error) => [{ handled: 'Broken', error: error.message }, 502]);

  app.errorhandler(410, (error) => [`gone: ${error.code} ${error.statusName}: ${error.description}`, 410]);

  app.errorhandler(TooManyRequests, (error) => {
    const response = error.getResponse();
    response.headers.set('X-Handled', 'yes');
    return response;
  });

  app.errorhandler(422, ({ code, statusName: name, description }) => [jsonify({ code, name, description }), 422]);

  app.errorhandler(451, () => {
    throw new NotFound('hidden by the handler');
  });
}
