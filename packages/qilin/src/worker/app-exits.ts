/**
 * How the app ends a process, or a thread: by `process.exit`, or by having nothing left to do. While a worker drains, the former
 * waits: the app's wish is heard, the call returns, and the process ends when what is in flight is answered. At any other time it
 * ends the process at once, as under node.
 */

type Exit = (status?: number | string | null) => never;

export interface ExitWishes {
  /**
   * Whether the process may end now; told of what it would be. Else `onWish` is called.
   * @param call has the stack of the app's call
   */
  mayExit(status: number, call: Error): boolean;
  onWish(status: number): void;
}

/**
 * Takes `process.exit` and `process.reallyExit` over. To be called once in a thread, before the app is loaded.
 * @returns ends the process, or the thread, at once
 */
export function holdExits({ mayExit, onWish }: ExitWishes): Exit {
  const exit: Exit = process.exit.bind(process);
  let isOpen = false;
  const leave: Exit = (status) => {
    isOpen = true;
    return exit(status);
  };
  const hold = (now: (status: number) => unknown) => {
    const held = (...status: readonly [(number | string | null)?]): void => {
      // Node's own check of the value, and its own default.
      if (status.length > 0) process.exitCode = status[0] ?? undefined;
      const wished = statusSoFar();
      if (isOpen || mayExit(wished, callOf(held))) now(wished);
      else onWish(wished);
    };
    return held;
  };
  const reallyExit: (status: number) => never = Reflect.get(process, 'reallyExit').bind(process);
  put('exit', hold(leave));
  put('reallyExit', hold(reallyExit));
  return leave;
}

/** Where it was called, itself left out. */
function callOf(called: (...status: readonly [(number | string | null)?]) => void): Error {
  const call = new Error('The app exits');
  Error.captureStackTrace(call, called);
  return call;
}

/**
 * Hears of errors that nobody caught, as far as they would end a process under node: not those that the app has a listener for.
 * A rejection that it has a listener for never comes here.
 */
export function onUncaught(tell: (error: unknown, origin: string) => void): void {
  process.on('uncaughtException', (error, origin) => {
    if (process.listenerCount('uncaughtException') === 1) tell(error, origin);
  });
}

/** The exit status that the app has set so far. */
export const statusSoFar = (): number => Number(process.exitCode ?? 0);

/**
 * Resolves with that status when the app has nothing left to do: then Node would end it. It does not while something else keeps
 * the process alive, as an open connection does.
 * @param keepAlive has what is ours keep it alive, or no more
 */
export function whenIdle(keepAlive: (stays: boolean) => void): Promise<number> {
  keepAlive(false);
  return new Promise((resolve) => {
    process.once('beforeExit', () => {
      keepAlive(true);
      resolve(statusSoFar());
    });
  });
}

const put = (name: string, value: (status?: number) => void): void => {
  Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: true });
};
