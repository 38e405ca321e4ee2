import { describe, expect, test } from 'vitest';
import { formatConfig, formatHelp } from '../../src/settings/describe.ts';
import { mainFlag, ROWS, SETTING_NAMES } from '../../src/settings/names.ts';
import { loaded } from './load.ts';

describe('the help', () => {
  test('names the main flag of every setting that has one, with its letter', () => {
    const help = formatHelp();
    for (const name of SETTING_NAMES) {
      const flag = mainFlag(name);
      if (flag !== undefined) expect(help).toContain(ROWS[name].kind.placeholder === null ? flag.slice(2) : flag);
      for (const letter of ROWS[name].flags.filter((each) => /^-\w$/.test(each)))
        expect(help).toContain(`  ${letter}, --`);
    }
  });

  test.each([60, 80, 120])('fits into %d columns', (columns) => {
    for (const line of formatHelp({ columns }).split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('shows flags, meaning and default', () => {
    expect(formatHelp({ columns: 100 })).toContain(
      '  -w, --workers N|auto|N..M   The number of worker processes. [default: $WEB_CONCURRENCY, or 1]\n',
    );
  });
});

describe('--print-config', () => {
  test('shows each setting with its source', async () => {
    const { config, origins } = await loaded({ argv: ['-w', '4', '--pid', 'x.pid', 'a:b'] });
    const text = formatConfig(config, origins);
    expect(text).toMatch(/^app +=\s+a:b\s+# command line$/m);
    expect(text).toMatch(/^workers +=\s+4\s+# flag -w$/m);
    expect(text).toMatch(/^bind +=\s+127\.0\.0\.1:8000\s+# default$/m);
    expect(text).toMatch(/^accesslog +=\s+\(none\)\s+# default$/m);
  });

  test('shows no secret', async () => {
    const { config, origins } = await loaded({ argv: ['-e', 'PASSWORD=hunter2', 'a:b'] });
    const text = formatConfig(config, origins);
    expect(text).toMatch(/^rawEnv +=\s+\(hidden\)\s+# flag -e$/m);
    expect(text).not.toContain('hunter2');
  });
});
