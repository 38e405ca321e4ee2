/** The sentences of all errors in settings: source, setting, value, and what would be right. */
import { QilinError } from '../contract/errors.ts';
import type { SettingName } from './config.ts';
import { ROWS, suggestFlag, suggestKey } from './names.ts';

const LONGEST_QUOTE = 80;

/** A value as a message quotes it. */
export function quote(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value === 'number' || value instanceof Map || value instanceof Set) return String(value);
  const text = jsonOf(value);
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A cycle, or a BigInt inside: its type is all that can be told.
    return String(value);
  }
}

export function invalid(name: SettingName, source: string, got: unknown): QilinError {
  const { kind, secret } = ROWS[name];
  const shown = secret === true ? 'a value that is not shown' : quote(got);
  return new QilinError('SETTING_INVALID', `${source}: ${name} must be ${kind.expected} (got ${shown}).`);
}

export function unknownKey(key: string, source: string): QilinError {
  const meant = suggestKey(key);
  const hint = meant === undefined ? 'qilin --print-config lists them.' : `did you mean ${meant}?`;
  return new QilinError('SETTING_UNKNOWN', `${source}: ${key} is not a setting; ${hint}`);
}

export function unknownFlag(flag: string, source: string): QilinError {
  const meant = suggestFlag(flag);
  const hint = meant === undefined ? 'qilin --help lists them.' : `did you mean ${meant}?`;
  return new QilinError('SETTING_UNKNOWN', `${source}: ${flag} is not a flag; ${hint}`);
}

export function givenTwice(keys: readonly string[], source: string): QilinError {
  const message = `${source}: ${keys.join(' and ')} are the same setting; keep one of them.`;
  return new QilinError('SETTINGS_CONFLICT', message);
}
