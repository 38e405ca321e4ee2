/** Cases of an app with a SERVER_NAME that looks at no subdomains, and says which hosts it trusts. */
import { type Case, one } from '../case.ts';

const host = (name: string) => ({ headers: { Host: name } });

export const named: readonly Case[] = [
  one('its own name', 'GET /', host('named.test')),
  one('its own name, with a port', 'GET /', host('named.test:8080')),
  one('another name', 'GET /', host('other-named.test')),
  one('a name below a trusted one', 'GET /', host('a.b.named.example')),
  one('a trusted name that begins with a dot, itself', 'GET /', host('named.example')),
  one('a name that only ends so', 'GET /', host('evil-named.example')),
  one('a name that is not trusted', 'GET /', host('named.evil.test')),
  one('a name that is not trusted, where nothing is', 'GET /nowhere', host('named.evil.test')),
  one('a redirect of another name', 'GET /slash', host('other-named.test')),
  one('the cookie of a session', 'GET /session', host('named.test')),
  one('a view of a subdomain, by the path alone', 'GET /nested', host('named.test')),
  one('OPTIONS is not answered by itself', 'OPTIONS /options', host('named.test')),
  one('POST is', 'POST /options', host('named.test')),
];
