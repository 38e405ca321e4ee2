/** Messages for the next page of the same user. Flask's `flash` and `get_flashed_messages`. */
import { Markup } from '../base/markup.ts';
import type { Flashed, FlashedMessage } from '../contract.ts';
import { requireRequestContext } from './context.ts';
import { messageFlashed } from './signals.ts';

const FLASHES = '_flashes';

const isMessage = (value: unknown): value is FlashedMessage => typeof value === 'string' || value instanceof Markup;

const isFlashed = (value: unknown): value is Flashed =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isMessage(value[1]);

const flashedIn = (value: unknown): readonly Flashed[] => (Array.isArray(value) ? value.filter(isFlashed) : []);

/** Keeps a message for the next request of this client. Flask's `flash`. */
export function flash(message: FlashedMessage, category = 'message'): void {
  const { app, session } = requireRequestContext();
  // A frozen array is a tuple to the session, as Python's Flask keeps it.
  session.set(FLASHES, [...flashedIn(session.get(FLASHES)), Object.freeze([category, message] as const)]);
  messageFlashed.send(app, { message, category });
}

/**
 * Takes the messages out of the session; again in the same request, the same ones. Flask's `get_flashed_messages`.
 * @param options.withCategories as `[category, message]` @param options.categoryFilter only these categories
 */
export function getFlashedMessages(options?: {
  readonly withCategories?: false;
  readonly categoryFilter?: readonly string[];
}): FlashedMessage[];
export function getFlashedMessages(options: {
  readonly withCategories: true;
  readonly categoryFilter?: readonly string[];
}): [category: string, message: FlashedMessage][];
export function getFlashedMessages(
  options: { readonly withCategories?: boolean; readonly categoryFilter?: readonly string[] } = {},
): FlashedMessage[] | [string, FlashedMessage][] {
  const context = requireRequestContext();
  const { session } = context;
  context.flashes ??= session.has(FLASHES) ? flashedIn(session.pop(FLASHES)) : [];
  const { categoryFilter: wanted = [], withCategories = false } = options;
  const chosen = context.flashes.filter(([category]) => wanted.length === 0 || wanted.includes(category));
  return withCategories
    ? chosen.map(([category, message]): [string, FlashedMessage] => [category, message])
    : chosen.map(([, message]) => message);
}
