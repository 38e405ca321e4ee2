/** What a command puts right before a signal ends it: Ctrl-C, `kill`, the end of its terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Has `undo` called before one of them ends the process, as it does without this. Returns what calls that off. */
export function beforeSignal(undo: () => void): () => void {
  const callOff = (): void => {
    for (const signal of SIGNALS) process.off(signal, end);
  };
  const end = (signal: NodeJS.Signals): void => {
    callOff();
    try {
      undo();
    } finally {
      process.kill(process.pid, signal);
    }
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return callOff;
}
