/** Programs that listen only where they are the main module, which no app is in a worker. */
import { readFileSync } from 'node:fs';

/** In CommonJS, from Node 24.2 on, and in ES modules before. */
const QUESTION = /\brequire\.main\b|\bimport\.meta\.main\b|\bprocess\.argv\[1\]/;

/** What to add where such a program has not listened; empty for one that does not ask. @param file A file that has been loaded. */
export function mainModuleRemark(file: string): string {
  if (!QUESTION.test(readFileSync(file, 'utf8'))) return '';
  return '; it asks whether it is the main module, which it is not in a worker: export the app or the server that it starts then';
}
