/** The session on a request's way: opened when it is asked for, or before where it has to be waited for, and saved after it. */
import type { App, RequestState } from '../contract.ts';
import { mutable } from '../replies/reply.ts';
import type { FlaskRequest } from '../request/request.ts';
import { SecureCookieSessionInterface } from '../sessions/secure-cookie.ts';
import type { Session } from '../sessions/session.ts';

/** A request, and its session when it was opened. */
interface SessionRequest extends RequestState {
  readonly request: FlaskRequest;
  openedSession: Session | undefined;
  /** Opens it. */
  readonly session: Session;
}

/** Whether the session must be awaited before each view, because it is kept in a store. */
export const mustPrepareSession = ({ sessionInterface }: App): boolean =>
  !(sessionInterface instanceof SecureCookieSessionInterface);

/** Opens a session that has to be waited for. */
export async function prepareSession(context: SessionRequest): Promise<void> {
  const { app } = context;
  if (!mustPrepareSession(app)) return;
  const session = await app.sessionInterface.openSession(app, context.request);
  context.openedSession = session ?? app.sessionInterface.makeNullSession();
}

/** Opens a session that is in the request's cookie. @throws Error for one in a store, outside of a request */
export function openSession({ app, request }: SessionRequest): Session {
  const session = app.sessionInterface.openSession(app, request);
  if (!(session instanceof Promise)) return session ?? app.sessionInterface.makeNullSession();
  throw new Error('The session is kept in a store and is there in requests only: use it in a view.');
}

/** Whether the response must pass by the session: it was opened, or its cookie may have to be sent anew. */
export function concernsSession({ app, openedSession, raw }: SessionRequest): boolean {
  if (openedSession !== undefined) return true;
  const { SECRET_KEY: key, SESSION_REFRESH_EACH_REQUEST: refresh, SESSION_COOKIE_NAME: name } = app.config;
  return key !== null && refresh && (raw.headers.get('cookie')?.includes(name) ?? false);
}

/** Keeps the session, with its cookie on the response. */
export async function saveSession(context: SessionRequest, response: Response): Promise<Response> {
  if (!concernsSession(context)) return response;
  const { app, session } = context;
  if (app.sessionInterface.isNullSession(session)) return response;
  const changed = mutable(response);
  await app.sessionInterface.saveSession(app, session, changed);
  return changed;
}
