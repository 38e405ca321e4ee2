/** Finds the rule of a request, or says why there is none. */
import type { RequestContext } from './context.ts';
import { MethodNotAllowed, NotFound, RequestRedirect } from './exceptions.ts';
import { redirectTo } from './redirect.ts';
import { redirectUrl } from './routing/map.ts';
import { pathOf } from './url-parts.ts';

/** Sets the context's rule and values, or its routing exception. */
export function matchRequest(context: RequestContext): void {
  if (context.routingException !== undefined) return;
  const { urlMap, config } = context.app;
  const path = pathOf(context.url);
  const hasDomains = urlMap.hostMatching || config.SERVER_NAME !== null;
  const rule = hasDomains ? undefined : urlMap.literal(context.method, path);
  if (rule !== undefined) context.rule = rule;
  else matchByTree(context, path, hasDomains ? domainOf(context) : '');
}

/** What rules of hosts or subdomains are matched against. */
function domainOf({ app, urlBase }: RequestContext): string {
  return app.urlMap.hostMatching ? urlBase.host : urlBase.subdomain;
}

function matchByTree(context: RequestContext, path: string, domain: string): void {
  const match = context.app.urlMap.match(domain, path, context.method);
  switch (match.kind) {
    case 'found':
      context.rule = match.rule;
      context.viewArgs = match.values;
      return;
    case 'redirect': {
      const url = redirectUrl(match, context.request.queryString, context.urlBase, context.app.urlMap.hostMatching);
      context.routingException = new RequestRedirect(url, redirectTo(url, 308));
      return;
    }
    case 'none':
      context.routingException =
        match.allowed.size === 0
          ? new NotFound()
          : new MethodNotAllowed(undefined, { validMethods: [...match.allowed].toSorted() });
  }
}

/** Methods that some rule takes at the request's path, for the answer to OPTIONS. */
export function allowedMethods(context: RequestContext): readonly string[] {
  return context.app.urlMap.allowedMethods(domainOf(context), pathOf(context.url));
}
