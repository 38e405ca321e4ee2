/** `qilin --import-pm2`, as docs/from-pm2.md has it. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { write } from './files.ts';
import { runQilin, temporaryFolder } from './server.ts';

test('the ecosystem file of PM2 is printed as config files; what is none is told in a sentence', async () => {
  using folder = temporaryFolder();
  const apps =
    "[{ name: 'api', script: 'server.js', instances: 2 }, { name: 'jobs', script: 'jobs.js', cron_restart: '0 3 * * *' }]";
  const file = write(folder.path, 'ecosystem.config.cjs', `module.exports = { apps: ${apps} };`);
  const { status, output } = await runQilin(['--import-pm2', file]);
  expect(status).toBe(0);
  expect(output).toMatch(/^\/\/ 2 apps are 2 servers, .*: cut here\.\n/);
  expect(output).toContain('  procName: "api",\n  app: "server.js",\n  workers: 2,\n');
  expect(output).toMatch(/qilin\.jobs\.config\.ts[\s\S]*\/\/ cron_restart becomes/);

  const refused = await runQilin(['--import-pm2', join(folder.path, 'ecosystem.yml')]);
  expect([refused.status, refused.output]).toEqual([
    1,
    expect.stringMatching(/ecosystem\.yml is YAML: write it as JSON first/),
  ]);
});
