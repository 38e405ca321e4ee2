/** Express's hello: under qilin the export `app`, by itself on `node:http` with `express.mjs PORT`. */
import { pathToFileURL } from 'node:url';
import express from 'express';

export const app = express();

app.get('/', (_req, res) => void res.type('text').send('Hello, World!'));

const [, script = '', port] = process.argv;
if (import.meta.url === pathToFileURL(script).href) app.listen(Number(port), '127.0.0.1');
