/** The client's address, from whatever the server gives beside a request. */

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** `request.ip` where the server sets one; else the peer of Node's socket. */
export function peerAddress(request: Request, environment: unknown): string | undefined {
  const ip = member(request, 'ip');
  if (typeof ip === 'string') return ip;
  const address = member(member(member(environment, 'incoming'), 'socket'), 'remoteAddress');
  return typeof address === 'string' ? address : undefined;
}
