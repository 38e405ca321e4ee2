/** The dashboard's page: three files, which the build makes, and what a browser may do with them. */
import { readFile } from 'node:fs/promises';

export interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** By path. */
const FILES = {
  '/': ['index.html', 'text/html'],
  '/dashboard/page.js': ['page.js', 'text/javascript'],
  '/dashboard/page.css': ['page.css', 'text/css'],
} as const;

export type PagePath = keyof typeof FILES;

export const isPagePath = (path: string): path is PagePath => Object.hasOwn(FILES, path);

/** Nothing but its own files and its own server; no text becomes a script, and no other page shows it within itself. */
export const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
} as const;

const known = new Map<PagePath, PageFile>();

/** @throws Error when it is not there: Qilin has been removed, or replaced, since its start */
export async function pageFile(path: PagePath): Promise<PageFile> {
  const before = known.get(path);
  if (before !== undefined) return before;
  const [name, type] = FILES[path];
  const bytes = await readFile(new URL(`../page/${name}`, import.meta.url));
  const file = { contentType: `${type}; charset=utf-8`, bytes };
  known.set(path, file);
  return file;
}
