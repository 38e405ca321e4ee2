/** TypeScript whose decorators want to know the types of what they stand at, as those of Nest do: only a compiler tells them. */
import { readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { nearestTsconfig } from '../modules/nearest-tsconfig.ts';

/** What to tell the operator of an app in this file; undefined where its nearest tsconfig.json asks for no such thing. */
export function metadataRemark(file: string): string | undefined {
  if (!/^\.[mc]?tsx?$/.test(extname(file))) return undefined;
  const config = nearestTsconfig(dirname(file));
  if (config === undefined || !/"emitDecoratorMetadata"\s*:\s*true/.test(readFileSync(config, 'utf8')))
    return undefined;
  return (
    `${config} asks for emitDecoratorMetadata, which neither Node nor tsx make of ${file}: where the app needs it, as Nest ` +
    'does, compile it first (nest build, tsc) and name the result, as in dist/main.js.'
  );
}
