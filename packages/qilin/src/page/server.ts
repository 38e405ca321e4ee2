/** The arbiter, as the page asks it. The token stays in this tab. */
import type { Access, Feed, ORDERS } from '../dashboard/feed.ts';

const TOKEN = 'qilin.token';
/** Milliseconds for an answer; a connection that says nothing is lost. */
const PATIENCE = 4_000;

/** It answers, and refuses. */
export class ServerRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const useToken = (token: string): void => sessionStorage.setItem(TOKEN, token);
export const hasToken = (): boolean => sessionStorage.getItem(TOKEN) !== null;

/** @throws as `askFeed` */
export async function askAccess(): Promise<Access> {
  return (await checked(await fetch('/dashboard/access', { signal: AbortSignal.timeout(PATIENCE) }))).json();
}

/** @param log Up to where the log is known. @throws ServerRefusal; TypeError or DOMException where there is no connection. */
export async function askFeed(log: string): Promise<Feed> {
  const query = new URLSearchParams({ log });
  const response = await fetch(`/dashboard/feed?${query}`, { headers: own(), signal: AbortSignal.timeout(PATIENCE) });
  return (await checked(response)).json();
}

/** @throws as `askFeed` */
export async function order(command: (typeof ORDERS)[number], given: Readonly<Record<string, unknown>>): Promise<Blob> {
  const body = JSON.stringify({ command, arguments: given });
  const headers = { ...own(), 'Content-Type': 'application/json' };
  return (await checked(await fetch('/dashboard/orders', { method: 'POST', headers, body }))).blob();
}

function own(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const said: unknown = await response.json().catch(() => undefined);
  const message =
    typeof said === 'object' && said !== null && 'error' in said ? String(said.error) : response.statusText;
  throw new ServerRefusal(response.status, message);
}
