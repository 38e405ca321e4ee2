/** What an app's URLs are relative to: the address that a request came to, or the one that the config names. */
import { domainToASCII } from 'node:url';
import type { Config } from '../base/config.ts';
import type { UrlBase } from './map.ts';

/** What of a map decides how hosts are looked at. */
interface HostRules {
  readonly hostMatching: boolean;
  readonly subdomainMatching: boolean;
}

/**
 * Of a request. SERVER_NAME stands in for the request's own host; with `subdomainMatching` what it does not account for is the
 * subdomain.
 * @param host as {@link hostOf} gives it @param scriptRoot path below which the app is mounted: `/app`, or nothing
 */
export function urlBaseOf(
  scheme: string,
  host: string,
  scriptRoot: string,
  { SERVER_NAME }: Config,
  { hostMatching, subdomainMatching }: HostRules,
): UrlBase {
  const scriptName = `${scriptRoot}/`;
  if (SERVER_NAME === null || hostMatching) return { scheme, host, subdomain: '', scriptName };
  const own = hostOf(scheme, SERVER_NAME);
  if (!subdomainMatching || host === own) return { scheme, host: own, subdomain: '', scriptName };
  // Another host than the configured one: no rule has that subdomain.
  const subdomain = host.endsWith(`.${own}`) ? host.slice(0, -own.length - 1) : '<invalid>';
  return { scheme, host: own, subdomain, scriptName };
}

/** Outside of a request; undefined without SERVER_NAME. */
export function configuredUrlBase(config: Config): UrlBase | undefined {
  const { SERVER_NAME: host, APPLICATION_ROOT: root, PREFERRED_URL_SCHEME: scheme } = config;
  if (host === null) return undefined;
  return { scheme, host, subdomain: '', scriptName: root.endsWith('/') ? root : `${root}/` };
}

/** A host has no case (RFC 9110 section 4.2.3), and goes without the scheme's usual port. */
export function hostOf(scheme: string, hostAndPort: string): string {
  const host = hostAndPort.toLowerCase();
  const port = scheme === 'https' || scheme === 'wss' ? ':443' : ':80';
  return host.endsWith(port) ? host.slice(0, -port.length) : host;
}

/**
 * Whether a host is one of those that may be named; its port does not matter. Werkzeug's `host_is_trusted`.
 * @param trusted `example.org`, or `.example.org` with all below it
 */
export function isTrustedHost(host: string, trusted: readonly string[]): boolean {
  const name = nameOf(host);
  return trusted.some((entry) => {
    const wanted = nameOf(entry.replace(/^\./, ''));
    return name === wanted || (entry.startsWith('.') && name.endsWith(`.${wanted}`));
  });
}

const nameOf = (host: string): string => {
  const name = host.toLowerCase().replace(/:\d*$/, '');
  return domainToASCII(name) || name;
};
