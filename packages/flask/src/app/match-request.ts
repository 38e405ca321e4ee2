/** Finds the rule of a request, or says why there is none. */
import type { RequestState } from '../contract.ts';
import { BadHost } from '../exceptions/bad-requests.ts';
import { MethodNotAllowed, NotFound } from '../exceptions/client-errors.ts';
import { RequestRedirect } from '../exceptions/http-exception.ts';
import { redirectTo } from '../http/redirect.ts';
import { pathOf } from '../http/url-parts.ts';
import { redirectUrl, type UrlBase } from '../routing/map.ts';
import { isTrustedHost } from '../routing/url-base.ts';

/** A request, and where it was sent to. */
interface MatchedRequest extends RequestState {
  readonly request: { readonly host: string; readonly queryString: string };
  readonly urlBase: UrlBase;
}

/** Sets the context's rule and values, or its routing exception. */
export function matchRequest(context: MatchedRequest): void {
  if (context.routingException !== undefined) return;
  const { urlMap, config } = context.app;
  const path = pathOf(context.url);
  if (config.TRUSTED_HOSTS !== null && !isTrustedHost(context.request.host, config.TRUSTED_HOSTS)) {
    context.routingException = new BadHost(`Host '${context.request.host}' is not trusted.`);
    return;
  }
  const hasDomains = urlMap.hostMatching || (urlMap.subdomainMatching && config.SERVER_NAME !== null);
  const rule = hasDomains ? undefined : urlMap.literal(context.method, path);
  if (rule !== undefined) context.rule = rule;
  else matchByTree(context, path, hasDomains ? domainOf(context) : '');
}

/** What rules of hosts or subdomains are matched against. */
function domainOf({ app, urlBase }: MatchedRequest): string {
  return app.urlMap.hostMatching ? urlBase.host : urlBase.subdomain;
}

function matchByTree(context: MatchedRequest, path: string, domain: string): void {
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
export function allowedMethods(context: MatchedRequest): readonly string[] {
  return context.app.urlMap.allowedMethods(domainOf(context), pathOf(context.url));
}
