/** The recipes of examples/recipes that need nothing but the workspace's packages, and the page that shows all. `npm run recipes` runs the others too. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Flask } from '@qilin/flask';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { withFiles } from '../../scripts/shown-files.mjs';
import { recipes } from '../needs.ts';
import { ask } from '../processes/http-client.ts';
import { repository, startQilin } from '../processes/server.ts';
import { CLASSES } from '../suites/classes.ts';

const folder = join(repository, 'examples/recipes');
const appOf = async (file: string): Promise<Flask> => (await import(join(folder, file))).app;

describe('docs/recipes.md', () => {
  const page = readFileSync(join(repository, 'docs/recipes.md'), 'utf8');

  test('shows the files as they are: `npm run docs` writes it', () => {
    expect(withFiles(page)).toBe(page);
  });

  test('shows every recipe', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('node_modules'))
      .filter((file) => !page.includes(`[examples/recipes/${file}](../examples/recipes/${file}):\n\n\`\`\`ts\n`));
    expect(files).toEqual([]);
  });
});

describe('OpenAPI', () => {
  const made = { email: 'ana@example.org', age: 30, password: 'correct horse' };

  test('what a schema takes is taken, what the reply does not name stays in', async () => {
    const client = (await appOf('openapi/app.ts')).testClient();
    const created = await client.post('/users', { json: made });
    expect([created.status, created.json]).toEqual([201, { id: 1, email: 'ana@example.org', age: 30 }]);
    expect((await client.get('/users/1')).json).toEqual({ id: 1, email: 'ana@example.org', age: 30 });
    expect((await client.get('/users')).text).not.toContain('correct horse');
    expect((await client.get('/users/2')).status).toBe(404);
  });

  test('what it does not take is a 422 that says where', async () => {
    const client = (await appOf('openapi/app.ts')).testClient();
    const { status, json } = await client.post('/users', { json: { ...made, email: 'ana', age: -1 } });
    expect(status).toBe(422);
    expect(json).toMatchObject({ errors: [{ path: 'email' }, { path: 'age' }] });
    expect((await client.post('/users', { data: 'no JSON' })).status).toBe(415);
  });

  const documentOf = async () => (await (await appOf('openapi/app.ts')).testClient().get('/openapi.json')).json ?? {};

  test('the document has the routes, their variables and their schemas', async () => {
    const schema = { required: ['email', 'password'] };
    expect(await documentOf()).toMatchObject({
      paths: {
        '/users': {
          get: { operationId: 'users', parameters: [] },
          post: {
            requestBody: { content: { 'application/json': { schema } } },
            responses: { 201: {}, 422: {} },
          },
        },
        '/users/{id}': {
          get: { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }] },
        },
      },
    });
  });

  test.skipIf(recipes.isMissing)(recipes.named('the document is good by the schema of OpenAPI 3.1'), async () => {
    const module = createRequire(join(folder, 'package.json')).resolve('@seriousme/openapi-schema-validator');
    const { Validator } = await import(pathToFileURL(module).href);
    const document = await documentOf();
    const good = new Validator();
    expect([await good.validate(document), good.version]).toEqual([{ valid: true }, '3.1']);
    expect(await new Validator().validate({ ...document, paths: { users: {} } })).toMatchObject({ valid: false });
  });
});

describe('languages', () => {
  async function pageOf() {
    Object.assign(process.env, { FLASK_SECRET_KEY: 'of this test' });
    const client = (await appOf('i18n.ts')).testClient();
    const read = async (path: string, language?: string) =>
      client.get(path, language === undefined ? {} : { headers: { 'Accept-Language': language } });
    return { client, read };
  }

  test.each([
    ['en', 2, ['<html lang="en">', 'Hello, &lt;Ana&gt;!', 'You have 2 notes.', 'of March 1, 2026.']],
    ['de-AT, fr;q=0.5', 1, ['<html lang="de">', 'Hallo, &lt;Ana&gt;!', 'Sie haben eine Notiz.', 'vom 1. März 2026.']],
    ['de', 0, ['Sie haben 0 Notizen.']],
    ['pl', 1, ['Cześć, &lt;Ana&gt;!', 'Masz jedną notatkę.', 'z 1 marca 2026.']],
    ['pl', 3, ['Masz 3 notatki.']],
    ['pl', 5, ['Masz 5 notatek.']],
  ])('a browser that asks for %s, with %i notes', async (language, count, texts) => {
    const { text, headers } = await (await pageOf()).read(`/?n=${count}`, language);
    for (const one of texts) expect(text).toContain(one);
    expect(headers.get('vary')).toContain('Accept-Language');
  });

  test('what the user chooses goes before, and only what there is', async () => {
    const { client, read } = await pageOf();
    await client.post('/language', { data: { language: 'de' } });
    expect((await read('/', 'pl')).text).toContain('Notizen');
    await client.post('/language', { data: { language: 'xx' } });
    expect((await read('/', 'pl')).text).toContain('Notizen');
  });
});

describe('a WebSocket beside a Flask app', () => {
  test.each(CLASSES)('class $name: the app says who may open it', async ({ flags }) => {
    const env = { FLASK_SECRET_KEY: 'of this test' };
    await using server = await startQilin(['-w', '2', ...flags, 'examples/recipes/websockets.ts'], { env });
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const login = await ask(`${server.url}/login`, { method: 'POST', headers, body: 'name=ana' });
    const Cookie = login.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const own = { Cookie, Origin: server.url };
    expect((await ask(`${server.url}/chat`, { headers: own })).status).toBe(426);
    expect(await refusalOf(`${server.url}/chat`, { Origin: server.url })).toBe(401);
    expect(await refusalOf(`${server.url}/chat`, { Cookie, Origin: 'https://evil.test' })).toBe(403);
    expect(await refusalOf(`${server.url}/chat`, { Cookie, Origin: 'null' })).toBe(403);
    expect(await refusalOf(`${server.url}/elsewhere`, own)).toBe(404);
    expect(await saidBack(`${server.url}/chat`, own, 'hello')).toBe('ana: hello');
    expect((await server.stop()).status).toBe(0);
    expect(server.log).not.toMatch(/\[(?:ERROR|CRITICAL)\]/);
  });
});

/** The status with which an upgrade is refused. */
function refusalOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const client = new WebSocket(url, { headers });
  return new Promise((resolve, reject) => {
    client.on('unexpected-response', (request, { statusCode }) => {
      request.destroy();
      resolve(statusCode);
    });
    client.on('open', () => reject(new Error(`${url} was opened`)));
    client.on('error', reject);
  });
}

/** What comes back for a message, on a WebSocket that is closed then. */
function saidBack(url: string, headers: Record<string, string>, message: string): Promise<string> {
  const client = new WebSocket(url, { headers });
  return new Promise((resolve, reject) => {
    let answer = '';
    client.on('open', () => client.send(message));
    client.on('message', (data) => {
      answer = String(data);
      client.close();
    });
    client.on('close', () => resolve(answer));
    client.on('error', reject);
  });
}

test("the packages of the recipes have exact versions, and Node 20 takes them, but for OpenTelemetry's", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    const manifest = join(folder, 'node_modules', name, 'package.json');
    if (!existsSync(manifest)) continue;
    const { engines = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
    // OpenTelemetry's own want 22.15; services.test.ts starts them on Node 24.
    const oldest = name.startsWith('@opentelemetry/') ? /^>=22\.15\.0$|^>=8\.0\.0$/ : /^(?:$|>=\s?(?:\d|1\d|20)\b)/;
    expect([name, engines.node ?? '']).toEqual([name, expect.stringMatching(oldest)]);
  }
});
