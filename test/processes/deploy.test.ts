/** The files of deploy/: that what each says of Qilin works, and what the tools they are for say of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addressOf, closeFd, listen } from '@qilin/picoev';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { tool } from '../needs.ts';
import { startCaddy } from './caddy.ts';
import { eventually, freePort, write } from './files.ts';
import { startHaproxy } from './haproxy.ts';
import { ask } from './http-client.ts';
import { startNginx } from './nginx.ts';
import { controlCommand, qilinctl } from './qilinctl.ts';
import { command, QilinProcess, repository, startQilin, temporaryFolder } from './server.ts';

const read = (path: string) => readFileSync(join(repository, 'deploy', path), 'utf8');
const APP = `import { writeFileSync } from 'node:fs';
export const app = (request) => new Response([new URL(request.url).pathname, request.headers.get('x-forwarded-for')].join(' '));
`;

/** An app in a folder of its own, with Qilin installed beside it. */
function installed(folder: string): void {
  write(folder, 'server.js', APP);
  write(folder, 'package.json', '{"type":"module"}');
  const bin = join(folder, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  for (const file of [command, controlCommand]) {
    chmodSync(file, 0o755);
    symlinkSync(file, join(bin, file === command ? 'qilin' : 'qilinctl'));
  }
}

/** The value of a key of a unit, its lines joined. */
function unitValue(unit: string, key: string): string {
  const [, value] = new RegExp(`^${key}=(.*)$`, 'm').exec(unit.replace(/\\\n\s*/g, ' ')) ?? [];
  if (value === undefined) throw new Error(`the unit has no ${key}`);
  return value;
}

/** What a unit's processes are given by systemd here: its folders, in one of the test. */
function placed(text: string, folder: string): string {
  return text.replaceAll('/srv/app', folder).replaceAll('/run/app', folder).replaceAll('/var/log/app', folder);
}

const logrotate = tool('logrotate');

test('the unit of systemd: serves the socket, reloads by its ExecReload, and its logs are rotated', async () => {
  using folder = temporaryFolder();
  installed(folder.path);
  const unit = placed(read('systemd/app.service'), folder.path).replace(
    '127.0.0.1:9000',
    `127.0.0.1:${await freePort()}`,
  );
  const fd = listen({ host: '127.0.0.1', port: 0 });
  const address = addressOf(fd);
  const url = `http://127.0.0.1:${'port' in address ? address.port : 0}`;
  const [program = '', ...args] = unitValue(unit, 'ExecStart').split(/ +/);
  const launcher = ['sh', '-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', 'sh'];
  const options = { bind: null, cwd: folder.path, launcher, descriptors: [fd], program: [program] };
  await using server = new QilinProcess(args, options);
  expect((await ask(`${url}/here`)).text).toMatch(/^\/here/);
  await eventually(
    () => readFileSync(join(folder.path, 'error.log'), 'utf8').includes('Ready: 4 workers'),
    'all serve',
  );

  const [reload = '', ...words] = unitValue(unit, 'ExecReload').split(/ +/);
  expect(execFileSync(reload, words, { encoding: 'utf8' })).toBe('Done: generation 2 serves\n');
  write(folder.path, 'server.js', 'throw new Error("broken deploy")');
  const broken = spawnSync(reload, words, { encoding: 'utf8' });
  expect([broken.status, broken.stdout]).toEqual([1, expect.stringContaining('Error: broken deploy')]);
  expect((await ask(url)).status).toBe(200);

  if (!logrotate.isMissing) {
    const log = join(folder.path, 'access.log');
    const before = statSync(log).ino;
    const state = join(folder.path, 'state');
    // In a folder that others may write, logrotate wants to be told as whom: /var/log/app is the app's alone.
    chmodSync(folder.path, 0o755);
    const config = write(folder.path, 'logrotate.conf', placed(read('logrotate/app'), folder.path));
    chmodSync(config, 0o644);
    execFileSync('/usr/sbin/logrotate', ['--force', '--state', state, config]);
    await eventually(async () => {
      await ask(`${url}/rotated`);
      return readFileSync(log, 'utf8').includes('GET /rotated');
    }, 'the new file has the line');
    expect(statSync(`${log}.1`).ino).toBe(before);
  }
  server.signal('SIGTERM');
  expect(await server.exited).toEqual({ status: 0, signal: null });
  closeFd(fd);
});

const systemd = tool('systemd');
test(systemd.named('systemd takes the units'), { skip: systemd.isMissing }, () => {
  using folder = temporaryFolder();
  installed(folder.path);
  const units = ['app.service', 'app.socket'].map((name) =>
    write(folder.path, name, placed(read(`systemd/${name}`), folder.path).replaceAll('User=app', 'User=root')),
  );
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
  // It tells of other units of the machine too.
  const ours = stderr.split('\n').filter((line) => /app\.(service|socket)/.test(line));
  expect([status, ours]).toEqual([0, []]);
});

/** The timeouts of a unit or a manifest are longer than what the server may take. */
test('nobody is killed before the time that the server has for its end', async () => {
  const seconds = (flags: readonly string[], name: string, otherwise: number): number =>
    Number(flags.find((flag) => flag.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
  const [{ spec: deployment }] = manifests();
  const { containers, terminationGracePeriodSeconds } = deployment.template.spec;
  const { args } = containers[0];
  expect(terminationGracePeriodSeconds).toBeGreaterThan(
    seconds(args, 'drain-delay', 0) + seconds(args, 'graceful-timeout', 30),
  );
  expect(Number(unitValue(read('systemd/app.service'), 'TimeoutStopSec'))).toBeGreaterThan(30);
});

// biome-ignore lint/suspicious/noExplicitAny: what is in a manifest is what is tested
function manifests(): readonly any[] {
  const documents = parseAllDocuments(read('kubernetes/app.yaml'));
  for (const { errors } of documents) expect(errors).toEqual([]);
  return documents.map((document) => document.toJS());
}

test('Kubernetes: the container starts, and its probes are answered; what selects it has its labels', async () => {
  const [deployment, service, budget, scaler] = manifests();
  expect([deployment, service, budget, scaler].map(({ kind }) => kind)).toEqual([
    'Deployment',
    'Service',
    'PodDisruptionBudget',
    'HorizontalPodAutoscaler',
  ]);
  const { labels } = deployment.spec.template.metadata;
  for (const selector of [
    deployment.spec.selector.matchLabels,
    service.spec.selector,
    budget.spec.selector.matchLabels,
  ])
    expect(labels).toMatchObject(selector);
  expect(scaler.spec.scaleTargetRef).toMatchObject({ kind: deployment.kind, name: deployment.metadata.name });

  using folder = temporaryFolder();
  installed(folder.path);
  const [container] = deployment.spec.template.spec.containers;
  const ports = new Map<string, number>();
  const args: string[] = [];
  for (const arg of container.args) {
    const port = container.ports.find(({ containerPort }: { containerPort: number }) =>
      arg.endsWith(`:${containerPort}`),
    );
    if (port === undefined) args.push(arg);
    else {
      ports.set(port.name, await freePort());
      args.push(`${arg.slice(0, arg.lastIndexOf(':'))}:${ports.get(port.name)}`);
    }
  }
  const [program, ...words] = args;
  await using server = new QilinProcess(words, {
    bind: null,
    cwd: folder.path,
    program: [join(folder.path, program ?? '')],
  });
  await server.ready();
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    const { path, port } = container[probe].httpGet;
    expect((await ask(`http://127.0.0.1:${ports.get(port)}${path}`)).status).toBe(200);
  }
  const { annotations } = deployment.spec.template.metadata;
  const metricsPort = container.ports.find(
    ({ containerPort }: { containerPort: number }) => String(containerPort) === annotations['prometheus.io/port'],
  );
  expect((await ask(`http://127.0.0.1:${ports.get(metricsPort?.name)}/metrics`)).text).toContain('qilin_requests');
  expect((await ask(`http://127.0.0.1:${ports.get('http')}`)).status).toBe(200);
});

test('the image: its command serves, and its health check says so', async () => {
  using folder = temporaryFolder();
  installed(folder.path);
  const port = await freePort();
  const file = read('container/Containerfile')
    .replaceAll('/tmp/app.pid', join(folder.path, 'app.pid'))
    .replace('0.0.0.0:8000', `127.0.0.1:${port}`)
    .replace('0.0.0.0:9000', `127.0.0.1:${await freePort()}`);
  const listIn = (name: string): string[] => parse(new RegExp(`^${name}.*?(\\[.*\\])$`, 'm').exec(file)?.[1] ?? '');
  const [program = '', ...args] = listIn('CMD');
  await using server = new QilinProcess(args, { bind: null, cwd: folder.path, program: [join(folder.path, program)] });
  await server.ready();
  expect((await ask(`http://127.0.0.1:${port}`)).status).toBe(200);
  const [, ...check] = listIn('HEALTHCHECK');
  expect(dirname(listIn('HEALTHCHECK')[0] ?? '')).toBe(dirname(program));
  expect((await qilinctl(check)).status).toBe(0);
  server.signal('SIGTERM');
  await server.exited;
  expect((await qilinctl(check)).status).toBe(2);
});

const [nginx, haproxy, caddy] = [tool('nginx-light'), tool('haproxy'), tool('caddy')];

test(nginx.named('nginx takes its file, and clients come through with their address'), {
  skip: nginx.isMissing,
}, async () => {
  using folder = temporaryFolder();
  installed(folder.path);
  await using server = await startQilin(['--keep-alive', '15', 'server.js:app'], { cwd: folder.path });
  const http = read('nginx/app.conf').replace('127.0.0.1:8000', `127.0.0.1:${server.port}`);
  await using proxy = await startNginx(http);
  expect((await ask(`${proxy.url}/x`, { headers: { 'x-forwarded-for': '192.0.2.1' } })).text).toBe(
    '/x 192.0.2.1, 127.0.0.1',
  );
});

test(caddy.named('Caddy takes its file, and leaves a server that drains'), { skip: caddy.isMissing }, async () => {
  using folder = temporaryFolder();
  installed(folder.path);
  const [front, admin] = [await freePort(), await freePort()];
  const args = ['--keep-alive', '15', '--drain-delay', '30', '--admin-bind', `127.0.0.1:${admin}`, 'server.js:app'];
  await using server = await startQilin(args, { cwd: folder.path });
  const config = read('caddy/Caddyfile')
    .replace(':80 {', `:${front} {\n\tbind 127.0.0.1`)
    .replace('127.0.0.1:8000', `127.0.0.1:${server.port}`)
    .replace('health_port 9000', `health_port ${admin}`)
    .replace('health_interval 2s', 'health_interval 100ms');
  const url = `http://127.0.0.1:${front}/x`;
  await using _proxy = await startCaddy(config, url);
  // What a client says of where it comes from is not believed.
  expect((await ask(url, { headers: { 'x-forwarded-for': '192.0.2.1' } })).text).toBe('/x 127.0.0.1');
  server.signal('SIGTERM');
  await eventually(async () => (await ask(url)).status === 503, 'nobody is asked any more');
  server.signal('SIGTERM');
  await server.exited;
});

test(haproxy.named('HAProxy takes its file, and leaves a server that drains'), {
  skip: haproxy.isMissing,
}, async () => {
  using folder = temporaryFolder();
  installed(folder.path);
  const [admin, front] = [await freePort(), await freePort()];
  const serverArgs = ['--admin-bind', `127.0.0.1:${admin}`, '--drain-delay', '30', 'server.js:app'];
  await using server = await startQilin(serverArgs, { cwd: folder.path });
  const config = read('haproxy/haproxy.cfg')
    .replace('bind :80', `bind 127.0.0.1:${front}`)
    .replace('port 9000 inter 2s', `port ${admin} inter 100ms`)
    .replaceAll(/127\.0\.0\.[12]:8000/g, `127.0.0.1:${server.port}`);
  await using _proxy = await startHaproxy(config, `http://127.0.0.1:${front}`);
  expect((await ask(`http://127.0.0.1:${front}/x`)).text).toBe('/x 127.0.0.1');
  server.signal('SIGTERM');
  await eventually(async () => (await ask(`http://127.0.0.1:${front}/x`)).status === 503, 'nobody is asked any more');
  server.signal('SIGTERM');
  await server.exited;
});
