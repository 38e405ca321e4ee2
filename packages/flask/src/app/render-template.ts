/** Templates with what an app gives them: its folders and its blueprints', Flask's globals, context processors. */
import { Float, Macro, Markup, type Template, tuple, Undefined, withKeywords } from '@qilin/jinja';
import type { App } from '../contract.ts';
import { blueprintsOf } from '../hooks/hooks.ts';
import type { Attempt } from '../templating/loader.ts';
import { type TemplateContext, Templates } from '../templating/templates.ts';
import { currentRequestContext, requireAppContext } from './context.ts';
import { streamWithContext } from './context-functions.ts';
import { getFlashedMessages } from './flashing.ts';
import { g, request, session } from './proxies.ts';
import { templateRendered } from './signals.ts';
import './template-faces.ts';
import { buildUrl } from './url-for.ts';

/**
 * Renders a template of the folder `templates`, or of a blueprint's. Promises among its values are waited for where the template
 * uses them. Flask's `render_template`.
 * @param names one name, or several of which the first that is there is taken
 * @throws TemplateNotFound; what the template's functions throw
 */
export async function renderTemplate(
  names: string | readonly string[],
  context: TemplateContext = {},
): Promise<string> {
  const { app } = requireAppContext();
  return render(app, await app.templates.select(names), context);
}

/** Renders a template given as text, with escaping. Flask's `render_template_string`. */
export async function renderTemplateString(source: string, context: TemplateContext = {}): Promise<string> {
  const { app } = requireAppContext();
  return render(app, app.templates.fromString(source), context);
}

async function render(app: App, template: Template, context: TemplateContext): Promise<string> {
  const text = await template.render(app.templates.contextOf(context));
  templateRendered.send(app, { template: nameOf(template), context });
  return text;
}

const nameOf = (template: Template): string => template.name ?? '<template>';

/**
 * A page piece by piece, as a view may return it: what is known is sent before anything is waited for. Flask's `stream_template`.
 * @param names as `renderTemplate` takes them
 */
export function streamTemplate(
  names: string | readonly string[],
  context: TemplateContext = {},
): AsyncIterableIterator<string> {
  const { app } = requireAppContext();
  return streamWithContext(stream(app, () => app.templates.select(names), context));
}

/** The same of a template given as text. Flask's `stream_template_string`. */
export function streamTemplateString(source: string, context: TemplateContext = {}): AsyncIterableIterator<string> {
  const { app } = requireAppContext();
  return streamWithContext(stream(app, () => app.templates.fromString(source), context));
}

async function* stream(
  app: App,
  find: () => Template | Promise<Template>,
  context: TemplateContext,
): AsyncGenerator<string, void, void> {
  const template = await find();
  yield* template.generate(app.templates.contextOf(context));
  templateRendered.send(app, { template: nameOf(template), context });
}

/**
 * A macro of a template as a function, or another value that the template sets. Flask's `get_template_attribute`.
 * @throws TemplateNotFound; RangeError when the template has none of the name
 */
export async function getTemplateAttribute(name: string, attribute: string): Promise<unknown> {
  const { app } = requireAppContext();
  const { exports } = await (await app.templates.select(name)).module();
  const value = exports.get(attribute);
  if (value === undefined) throw new RangeError(`The template ${JSON.stringify(name)} sets no ${attribute}.`);
  return value instanceof Macro ? (...args: readonly unknown[]) => value.call(...args) : value;
}

/** @internal */
export function createTemplates(app: App): Templates {
  const urlFor = withKeywords((endpoint: unknown, ...rest: unknown[]) =>
    buildUrl(app, `${endpoint}`, valuesOf(rest.at(-1))),
  );
  const flashed = withKeywords((...args: unknown[]) => getFlashed(valuesOf(args.pop()), args));
  return new Templates({
    folders: () => foldersOf(app),
    reload: () => app.config.TEMPLATES_AUTO_RELOAD ?? app.debug,
    json: (value, indent) => app.json.dumps(value, indent),
    explain: (name, attempts) => explain(app, name, attempts),
    context: () => processed(app),
    jinja: app.jinjaOptions,
    globals: {
      ...{ config: app.config, request, session, g },
      ...{ urlFor, url_for: urlFor, getFlashedMessages: flashed, get_flashed_messages: flashed },
    },
  });
}

/** Where a template was looked for, in the log. Flask's `explain_template_loading_attempts`. */
function explain(app: App, name: string, attempts: readonly Attempt[]): void {
  if (app.config['EXPLAIN_TEMPLATE_LOADING'] !== true) return;
  const lines = attempts.map(({ folder, isFound }, i) => `${i + 1}: ${folder}: ${isFound ? 'found' : 'no match'}`);
  app.logger.info([`Locating template ${JSON.stringify(name)}:`, ...lines].join('\n    '));
}

/** The app's folder before those of its blueprints, in the order in which they were registered. */
function foldersOf(app: App): readonly string[] {
  const folders = [app, ...app.blueprints.values()].map(({ templateFolder }) => templateFolder);
  return folders.filter((folder) => folder !== undefined);
}

/** What the context processors give: the app's, then those of the view's blueprints, outermost first. */
function processed(app: App): TemplateContext {
  const endpoint = currentRequestContext()?.rule?.endpoint ?? '';
  const scaffolds = [app, ...[...blueprintsOf(endpoint, app.blueprints)].toReversed()];
  const processors = scaffolds.flatMap(({ hooks }) => hooks.contextProcessors);
  return Object.fromEntries(processors.flatMap((processor) => Object.entries(processor())));
}

/** Keyword arguments as functions of the app take them: a text that is HTML is a text to them, a float a number. */
function valuesOf(keywords: unknown): Record<string, unknown> {
  const given = typeof keywords === 'object' && keywords !== null ? Object.entries(keywords) : [];
  return Object.fromEntries(given.map(([name, value]) => [name, bare(value)]));
}

function bare(value: unknown): unknown {
  if (value instanceof Markup || value instanceof Float) return value.toJSON();
  return value instanceof Undefined ? undefined : value;
}

/** With its options in either spelling, by keyword or in Flask's order. */
function getFlashed(options: Readonly<Record<string, unknown>>, [first, second]: readonly unknown[]): unknown {
  const filter = options['categoryFilter'] ?? options['category_filter'] ?? second ?? [];
  const categoryFilter = Array.isArray(filter) ? filter.map(String) : [];
  const withCategories = Boolean(options['withCategories'] ?? options['with_categories'] ?? first);
  return withCategories
    ? getFlashedMessages({ withCategories, categoryFilter }).map(tuple)
    : getFlashedMessages({ categoryFilter });
}
