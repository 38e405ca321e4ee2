/** Templates with what an app gives them: its folders and its blueprints', Flask's globals, context processors. */
import type { App } from '../contract.ts';
import { blueprintsOf } from '../hooks/hooks.ts';
import { type TemplateContext, Templates } from '../templating/templates.ts';
import { currentRequestContext, requireAppContext } from './context.ts';
import { getFlashedMessages } from './flashing.ts';
import { g, request, session } from './proxies.ts';
import { templateRendered } from './signals.ts';
import { buildUrl } from './url-for.ts';

/**
 * Renders a template of the folder `templates`, or of a blueprint's. Flask's `render_template`.
 * @param names one name, or several of which the first that is there is taken
 * @throws TemplateNotFound; what the template's functions throw
 */
export function renderTemplate(names: string | readonly string[], context: TemplateContext = {}): string {
  const { app } = requireAppContext();
  const template = app.templates.select(names);
  const text = app.templates.render(template, context);
  templateRendered.send(app, { template, context });
  return text;
}

/** Renders a template given as text, with escaping. Flask's `render_template_string`. */
export function renderTemplateString(source: string, context: TemplateContext = {}): string {
  const { app } = requireAppContext();
  const text = app.templates.renderString(source, context);
  templateRendered.send(app, { template: '<template>', context });
  return text;
}

/** @internal */
export function createTemplates(app: App): Templates {
  const urlFor = (endpoint: string, values?: Keywords) => buildUrl(app, endpoint, withoutMark(values));
  const flashed = (options?: Keywords) => getFlashed(withoutMark(options));
  return new Templates({
    folders: () => foldersOf(app),
    reload: () => app.config.TEMPLATES_AUTO_RELOAD ?? app.debug,
    json: (value) => app.json.dumps(value),
    context: () => processed(app),
    globals: {
      ...{ config: app.config, request, session, g },
      ...{ urlFor, url_for: urlFor, getFlashedMessages: flashed, get_flashed_messages: flashed },
    },
  });
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

/** `f(a, name=value)` in a template calls `f(a, { name: value, __keywords: true })`. */
type Keywords = Readonly<Record<string, unknown>>;

function withoutMark(keywords: Keywords | undefined): Keywords {
  const { __keywords: _, ...values } = keywords ?? {};
  return values;
}

/** With its options in either spelling: templates are often Jinja's. */
function getFlashed(options: Keywords) {
  const filter = options['categoryFilter'] ?? options['category_filter'] ?? [];
  const categoryFilter = Array.isArray(filter) ? filter.map(String) : [];
  const withCategories = Boolean(options['withCategories'] ?? options['with_categories']);
  return withCategories
    ? getFlashedMessages({ withCategories, categoryFilter })
    : getFlashedMessages({ categoryFilter });
}
