/** `request`, `session`, `g`: importable everywhere, each stands for the current context's own. */

import { standFor } from '../base/stand-for.ts';
import type { FlaskRequest } from '../request/request.ts';
import type { Session } from '../sessions/session.ts';
import { requireAppContext, requireRequestContext } from './context.ts';
import type { Globals } from './globals.ts';

/** The current request. Flask's `request`. @throws Error outside of one */
export const request: FlaskRequest = standFor(() => requireRequestContext().request);

/** The current session: what is put here comes back with the client's next request. Flask's `session`. @throws Error outside of a request */
export const session: Session = new Proxy(
  standFor(() => requireRequestContext().session),
  {
    /** A session is a dictionary and no object with members: what is put there as one would be lost in silence. */
    set(target, name, value) {
      if (Reflect.has(target, name)) return Reflect.set(target, name, value);
      throw new TypeError(
        `session.${String(name)} = … keeps nothing: write session.set(${JSON.stringify(String(name))}, …).`,
      );
    },
  },
);

/** Whatever belongs to the current request. Flask's `g`. @throws Error outside of a request and of `app.appContext()` */
export const g: Globals = standFor(() => requireAppContext().g);
