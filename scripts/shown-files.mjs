/** Pages that show whole files: what follows a link to one. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A link in a line of its own, and the code below it. */
const SHOWN = /^\[[^\]\n]+\]\(\.\.\/([^)\n]+)\):\n\n```(\w+)\n[\s\S]*?^```$/gm;

/** Puts the files as they are now into a page of docs/. @param {string} page */
export const withFiles = (page) =>
  page.replace(SHOWN, (_, file, language) => `[${file}](../${file}):\n\n\`\`\`${language}\n${textOf(file)}\`\`\``);

/** @param {string} file */
const textOf = (file) => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
