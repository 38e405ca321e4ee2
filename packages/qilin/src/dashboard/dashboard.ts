/**
 * The dashboard (setting `dashboard`) on the arbiter's listener: a page, what it shows, and what it may order. Whoever asks is checked
 * first; a page of another origin can neither read an answer nor give an order, since the token is in a header of its own.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Figures } from '../admin/figures.ts';
import { isObject, parseObject } from '../contract/fields.ts';
import type { Milliseconds } from '../contract/units.ts';
import { type Order, readOrder } from '../control/commands.ts';
import { Refusal } from '../control/refusal.ts';
import { refusalOf } from './access.ts';
import { type Access, type Feed, type LogNews, ORDERS, SHOWN_FIGURES, type ShownFigures } from './feed.ts';
import { isPagePath, PAGE_HEADERS, type PagePath, pageFile } from './page-files.ts';

const ACCESS = '/dashboard/access';
const FEED = '/dashboard/feed';
const ORDER = '/dashboard/orders';
/** Bytes of an order. */
const LONGEST_ORDER = 1024;
/** For an order, and for each part of its answer to be taken: longer than the longest profile. */
const LONGEST_WAIT: Milliseconds = 660_000;

export interface DashboardSource {
  /** As they are set now. */
  settings(): { readonly takesOrders: boolean; readonly token: string | null };
  feed(): Omit<Feed, 'log' | 'takesOrders'>;
  /** What is new in the log for whoever knew it up to there. */
  log(known: string): Promise<LogNews>;
  /** As the control socket's: control-server.ts. @throws Refusal */
  carryOut(order: Order, take: (part: string) => Promise<boolean>): object | Promise<object>;
  onError(error: unknown): void;
}

/** Of all figures those that the page shows. */
export function shown(figures: Figures): ShownFigures {
  // The compiler cannot follow a loop over the names: each of them is there.
  return Object.fromEntries(SHOWN_FIGURES.map((name) => [name, figures[name]])) as ShownFigures;
}

/** False where the path is none of the dashboard's. */
export function answerDashboard(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  source: DashboardSource,
): boolean {
  const answer = handlerOf(path);
  if (answer === undefined) return false;
  answer(request, response, source).catch((error: unknown) => {
    source.onError(error);
    if (response.headersSent) response.destroy();
    else say(response, 500, 'A fault of qilin itself: the log of the server has it.');
  });
  return true;
}

type Handler = (request: IncomingMessage, response: ServerResponse, source: DashboardSource) => Promise<void>;

function handlerOf(path: string): Handler | undefined {
  if (isPagePath(path)) return (request, response) => sendPage(path, request, response);
  if (path === ACCESS) return sendAccess;
  if (path === FEED) return sendFeed;
  return path === ORDER ? takeOrder : undefined;
}

/** The same for everybody: what it is about it has to ask for. */
async function sendPage(path: PagePath, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isAskedBy(['GET', 'HEAD'], request, response)) return;
  const { contentType, bytes } = await pageFile(path);
  response.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': contentType, 'Content-Length': bytes.length });
  response.end(bytes);
}

/** Whether a token is asked for: a page that asked without would have an error in its console. */
async function sendAccess(request: IncomingMessage, response: ServerResponse, source: DashboardSource): Promise<void> {
  if (!isAskedBy(['GET', 'HEAD'], request, response)) return;
  sendJson(response, 200, { needsToken: source.settings().token !== null } satisfies Access);
}

async function sendFeed(request: IncomingMessage, response: ServerResponse, source: DashboardSource): Promise<void> {
  if (!isAskedBy(['GET', 'HEAD'], request, response) || !isAllowed(request, response, source)) return;
  const known = new URLSearchParams(request.url?.split('?')[1]).get('log') ?? '';
  const log = await source.log(known);
  const { takesOrders } = source.settings();
  sendJson(response, 200, { ...source.feed(), takesOrders, log } satisfies Feed);
}

async function takeOrder(request: IncomingMessage, response: ServerResponse, source: DashboardSource): Promise<void> {
  if (!isAskedBy(['POST'], request, response)) return;
  const { takesOrders, token } = source.settings();
  if (!takesOrders || token === null) {
    say(response, 403, "Orders are taken with dashboard 'control' and a dashboardToken.");
    return;
  }
  if (!isAllowed(request, response, source)) return;
  const { command, arguments: given } = parseObject(await readBody(request)) ?? {};
  const read = readOrder(command, isObject(given) ? given : {});
  if (!read.ok) say(response, 400, read.error);
  else if (!ORDERS.some((name) => name === read.order.command))
    say(response, 403, `By the dashboard there is ${ORDERS.join(', ')}.`);
  else await carryOut(read.order, response, source);
}

async function carryOut(order: Order, response: ServerResponse, source: DashboardSource): Promise<void> {
  response.socket?.setTimeout(LONGEST_WAIT);
  const take = (part: string): Promise<boolean> => sendPart(response, part);
  try {
    const result = await source.carryOut(order, take);
    if (response.headersSent) response.end();
    else sendJson(response, 200, result);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (response.headersSent) response.destroy();
    else say(response, 409, error.message);
  }
}

/** Of a recording: base64 of gzip, which the browser undoes. An empty one only asks whether anybody is there still. */
async function sendPart(response: ServerResponse, part: string): Promise<boolean> {
  if (part === '' || response.destroyed) return !response.destroyed;
  if (!response.headersSent)
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Encoding': 'gzip',
      'Cache-Control': 'no-store',
    });
  await new Promise<void>((resolve) => {
    response.write(Buffer.from(part, 'base64'), () => resolve());
  });
  return !response.destroyed;
}

function isAskedBy(methods: readonly string[], { method = '' }: IncomingMessage, response: ServerResponse): boolean {
  if (methods.includes(method)) return true;
  response.setHeader('Allow', methods.join(', '));
  say(response, 405, `Ask with ${methods.join(' or ')}.`);
  return false;
}

function isAllowed(request: IncomingMessage, response: ServerResponse, source: DashboardSource): boolean {
  const { host, authorization } = request.headers;
  const refusal = refusalOf({ host, authorization }, source.settings().token, timingSafeEqual);
  if (refusal === undefined) return true;
  if (refusal === 'host') {
    say(
      response,
      403,
      'Ask by an IP address or localhost, or set a dashboardToken: any page may have led a browser here by another name.',
    );
    return false;
  }
  response.setHeader('WWW-Authenticate', 'Bearer');
  say(response, 401, 'The dashboardToken is missing, or another.');
  return false;
}

/** What is longer is no order, nor is what its client has not sent to the end. */
async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  try {
    // The connection is still to be answered on.
    for await (const piece of request.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      text += String(piece);
      if (text.length > LONGEST_ORDER) return '';
    }
  } catch {
    return '';
  }
  return text;
}

const say = (response: ServerResponse, status: number, error: string): void => sendJson(response, status, { error });

function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // What of a body has not been read is nobody's.
    ...(!response.req.complete && { Connection: 'close' }),
  });
  response.end(text);
}
