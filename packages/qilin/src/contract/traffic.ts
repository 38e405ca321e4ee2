/**
 * What a program's own server is told of the connections that Qilin serves in its place: one port for every class, since the
 * connections of an engine are no sockets that the server could count.
 */
export interface Traffic {
  /** Connections that are open now. */
  connections(): number;
  /**
   * The program has closed its server. Resolves when no connection is open and none will come; of a server that is not served
   * yet at once. While it is served, its worker asks for a successor.
   */
  closed(): Promise<void>;
  /** Closes connections as the program asks, those that wait for a request or all; nothing while Qilin drains them itself. */
  close(which: 'idle' | 'all'): void;
  /** The program wants that its server keeps no process alive (`unref()`). */
  unreferenced(): void;
}
