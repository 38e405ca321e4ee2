import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { figuresReference } from '../../src/admin/reference.ts';
import { ERRORS } from '../../src/contract/errors.ts';
import { commandsReference } from '../../src/control/reference.ts';
import { fileNames, ROWS, SETTING_NAMES } from '../../src/settings/names.ts';
import { configSchema, errorsReference, schemaText, settingsReference } from '../../src/settings/reference.ts';

const read = (name: string): string => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');

describe('the generated files are as `npm run docs` writes them', () => {
  test('docs/settings.md', () => expect(read('settings.md')).toBe(settingsReference()));
  test('docs/errors.md', () => expect(read('errors.md')).toBe(errorsReference()));
  test('docs/config.schema.json', () => expect(read('config.schema.json')).toBe(schemaText()));
  test('docs/metrics.md', () => expect(read('metrics.md')).toContain(figuresReference()));
  test('docs/operate.md', () => expect(read('operate.md')).toContain(commandsReference()));
});

test('the reference has every setting, flag and error', () => {
  for (const name of SETTING_NAMES) {
    expect(settingsReference()).toContain(`### ${name}\n`);
    for (const flag of ROWS[name].flags) expect(settingsReference()).toContain(flag);
  }
  for (const code of Object.keys(ERRORS)) expect(errorsReference()).toContain(`## ${code}\n`);
});

test('the schema knows every key that a JSON file may have', () => {
  const keys = SETTING_NAMES.filter((name) => ROWS[name].section !== 'Hooks' && name !== 'config').flatMap(fileNames);
  const { properties } = configSchema() || {};
  expect(Object.keys(Object(properties)).sort()).toEqual([...keys, '$schema'].sort());
});
