/** What an app may have of its own: exceptions, a class of requests, an instance folder, files beside the module. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { abort, Flask, FlaskRequest, HTTPException, request, ServiceUnavailable } from '../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'flask-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'schema.sql'), 'CREATE');
writeFileSync(join(folder, 'config.json'), '{"SECRET_KEY": "of the instance"}');

test('abort throws what the app says for a code', async () => {
  class Paused extends HTTPException {
    override readonly code = 503;
  }
  const app = new Flask(import.meta, { staticFolder: null });
  app.aborter.mapping.set(503, Paused);
  app.get('/', () => abort(503, 'a pause'));
  app.errorhandler(Paused, (error) => [`Come back after ${error.description}.`, 503]);
  expect((await app.testClient().get('/')).text).toBe('Come back after a pause.');
  expect(() => abort(503)).toThrow(ServiceUnavailable);
  expect(() => abort(299)).toThrow('no HTTP exception for the status code 299');
});

test('a request is of the class that the app says', async () => {
  class OurRequest extends FlaskRequest {
    get tenant(): string {
      return this.host.split('.')[0] ?? '';
    }
  }
  const app = new Flask(import.meta, { staticFolder: null });
  app.requestClass = OurRequest;
  app.get('/', () => (request instanceof OurRequest ? request.tenant : 'none'));
  const response = await app.fetch(new Request('http://acme.example.org/', { headers: { host: 'acme.example.org' } }));
  expect(await response.text()).toBe('acme');
  Object.assign(app, { requestClass: class Other {} });
  expect(() => app.testRequestContext('/').request).toThrow('app.requestClass must extend FlaskRequest (it is Other)');
});

test('the instance folder is beside the module, or beside the folder of an index', () => {
  const pathOf = (filename: string) => new Flask({ filename }, { staticFolder: null }).instancePath;
  expect(pathOf('/srv/hello.ts')).toBe('/srv/instance');
  expect(pathOf('/srv/hello/index.ts')).toBe('/srv/instance');
  expect(() => new Flask(import.meta, { instancePath: 'instance' })).toThrow('instancePath must be absolute');
});

test('files of the module and of the instance are opened, settings read from there', async () => {
  const app = new Flask(import.meta, {
    staticFolder: null,
    rootPath: folder,
    instancePath: folder,
    instanceRelativeConfig: true,
  });
  expect(app.config.fromFile('config.json')).toBe(true);
  expect(app.secretKey).toBe('of the instance');
  const schema = await app.openResource('schema.sql');
  expect(await schema.readFile('utf8')).toBe('CREATE');
  await schema.close();
  const written = await app.openInstanceResource('state.txt', 'w');
  await written.writeFile('kept');
  await written.close();
  const read = await app.openInstanceResource('state.txt');
  expect(await read.readFile('utf8')).toBe('kept');
  await read.close();
  await expect(app.openResource('none.sql')).rejects.toThrow('ENOENT');
});
