/** An nginx before two servers that are one site: its routes move from the one to the other, one at a time. */

import { eventually } from '../../processes/files.ts';
import { ask } from '../../processes/http-client.ts';
import { startNginx } from '../../processes/nginx.ts';

interface Front extends AsyncDisposable {
  readonly url: string;
  /** Routes that are still where they were. */
  readonly left: readonly string[];
  /** Moves the next one; resolves when nginx goes by it. */
  moveOne(): Promise<void>;
}

/** A rule of Flask's as nginx tells a path by it. */
const patternOf = (rule: string): string =>
  `^${rule
    .replace(/<path:\w+>/g, '.+')
    .replace(/<int:\w+>/g, '\\d+')
    .replace(/<(?:\w+(?:\([^)]*\))?:)?\w+>/g, '[^/]+')}$`;

/** @param rules in the order in which they move; those of one path move together */
export async function routeByRoute(from: string, to: string, rules: readonly string[]): Promise<Front> {
  const left = [...new Set(rules)];
  const moved: string[] = [];
  const http = () => `
    server {
      listen 80;
      proxy_set_header Host $http_host;
      location = /.moved { return 200 ${moved.length}; }
      ${moved.map((rule) => `location ~ "${patternOf(rule)}" { proxy_pass ${to}; }`).join('\n')}
      location / { proxy_pass ${from}; }
    }`;
  const nginx = await startNginx(http(), true);
  return {
    url: nginx.url,
    left,
    async moveOne() {
      const rule = left.shift();
      if (rule === undefined) return;
      moved.push(rule);
      nginx.reload(http());
      await eventually(
        async () => (await ask(`${nginx.url}/.moved`)).text === String(moved.length),
        `nginx moved ${rule}`,
      );
    },
    [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose](),
  };
}
