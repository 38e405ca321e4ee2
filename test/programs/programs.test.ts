/**
 * Real programs on every worker class. `npm test` runs those whose packages the workspace has anyway, shortly; `npm run programs`
 * installs and builds the others and runs them at length.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linux } from '../needs.ts';
import { repository } from '../processes/server.ts';
import { CLASSES } from '../suites/classes.ts';
import { checkProgram, expectLevel } from './check.ts';
import { CLIENTS } from './clients.ts';
import { PROGRAMS, type Program } from './manifest.mjs';
import { programsTable } from './table.mjs';

/** By scripts/programs.mjs: names, and how many requests. */
const { QILIN_PROGRAMS: asked, QILIN_PROGRAM_REQUESTS: requests } = process.env;
const LENGTH = asked === undefined ? { requests: 600, reloads: 1 } : { requests: Number(requests), reloads: 3 };
/** From so many on, a heap has found its size within the first quarter. */
const MANY = 100_000;
const IN_WORKSPACE = ['ws'];
const PATIENCE = asked === undefined ? 120_000 : 3_600_000;

const names = asked?.split(',') ?? IN_WORKSPACE;
const chosen: readonly Program[] = PROGRAMS.filter(({ name }) => names.includes(name));
const classes = CLASSES.filter(({ lacks }) => lacks.keepAlive === undefined);
const [major = ''] = process.versions.node.split('.');

describe.each(chosen)('$name', (program) => {
  const { node = 20, except = {} } = program;
  const isTooOld = Number(major) < node;
  for (const underTest of classes) {
    const reason = isTooOld ? `needs Node ${node}` : except[underTest.name];
    const isSkipped = reason !== undefined || linux.isMissing;
    const name = `class ${underTest.name}: right answers, level memory, nothing lost by reloads and the end`;
    test.skipIf(isSkipped)(
      reason === undefined ? linux.named(name) : `${name} (${reason})`,
      { timeout: PATIENCE },
      async () => {
        const findings = await checkProgram(program, underTest, LENGTH);
        if (asked !== undefined) {
          const [early, late] = [findings.early, findings.late].map((bytes) => Math.round(bytes / 1024 / 1024));
          console.log(`${program.name}, ${underTest.name}: ${findings.perSecond}/s, ${early} MB, then ${late} MB`);
        }
        if (LENGTH.requests >= MANY) expectLevel(findings);
      },
    );
  }
});

describe('the manifest', () => {
  test('and clients.ts name the same programs', () => {
    expect(PROGRAMS.map(({ name }) => name).sort()).toEqual(Object.keys(CLIENTS).sort());
  });

  test.each(PROGRAMS)('$name has a folder, whose package.json names exact versions', ({ folder, packages }) => {
    const file = join(repository, 'test/programs', folder, 'package.json');
    expect(existsSync(file)).toBe(true);
    const { dependencies } = JSON.parse(readFileSync(file, 'utf8'));
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining([...packages]));
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('is what docs/compatibility.md has: `npm run docs` writes it there', () => {
    expect(readFileSync(join(repository, 'docs/compatibility.md'), 'utf8')).toContain(programsTable());
  });
});
