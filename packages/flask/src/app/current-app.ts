/** `currentApp`: importable everywhere, it stands for the app of the current context. */
import { standFor } from '../base/stand-for.ts';
import { requireAppContext } from './context.ts';
import { Flask } from './flask.ts';

/** The app that serves the current request. Flask's `current_app`. @throws Error outside of a request and of `app.appContext()` */
export const currentApp: Flask = standFor(() => {
  const { app } = requireAppContext();
  if (app instanceof Flask) return app;
  throw new TypeError(`The app '${app.name}' was not made by new Flask().`);
});
