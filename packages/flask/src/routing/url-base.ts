/** What an app's URLs are relative to: the address that a request came to, or the one that the config names. */
import type { Config } from '../base/config.ts';
import type { UrlBase } from './map.ts';

/**
 * Of a request. The host goes without the scheme's usual port; what SERVER_NAME does not account for is the subdomain.
 * @param hasHosts with `hostMatching` rules see the whole host
 */
export function urlBaseOf(scheme: string, hostAndPort: string, { SERVER_NAME }: Config, hasHosts: boolean): UrlBase {
  // A host has no case (RFC 9110 section 4.2.3), and not every server leaves it as it was sent.
  const host = withoutUsualPort(hostAndPort.toLowerCase(), scheme);
  if (SERVER_NAME === null || hasHosts) return { scheme, host, subdomain: '', scriptName: '/' };
  const own = withoutUsualPort(SERVER_NAME.toLowerCase(), scheme);
  if (host === own) return { scheme, host: own, subdomain: '', scriptName: '/' };
  // Another host than the configured one: no rule has that subdomain.
  const subdomain = host.endsWith(`.${own}`) ? host.slice(0, -own.length - 1) : '<invalid>';
  return { scheme, host: own, subdomain, scriptName: '/' };
}

/** Outside of a request; undefined without SERVER_NAME. */
export function configuredUrlBase(config: Config): UrlBase | undefined {
  const { SERVER_NAME: host, APPLICATION_ROOT: root, PREFERRED_URL_SCHEME: scheme } = config;
  if (host === null) return undefined;
  return { scheme, host, subdomain: '', scriptName: root.endsWith('/') ? root : `${root}/` };
}

function withoutUsualPort(host: string, scheme: string): string {
  const port = scheme === 'https' || scheme === 'wss' ? ':443' : ':80';
  return host.endsWith(port) ? host.slice(0, -port.length) : host;
}
