import { describe, expect, it } from 'vitest';
import { explain, QilinError, reasonOf } from '../../src/contract/errors.ts';

const refusing = () => {
  throw new Error('not to be read');
};
const error = (members: PropertyDescriptorMap) => Object.defineProperties(new Error('why'), members);
const UNREADABLE = 'a value that throws when it is read';

describe('what is said of a thrown value', () => {
  it.each([
    { what: 'a text', value: 'why', reason: 'why' },
    { what: 'nothing', value: undefined, reason: 'undefined' },
    { what: 'a symbol', value: Symbol('why'), reason: 'Symbol(why)' },
    { what: 'an object without a prototype', value: Object.create(null), reason: '[Object: null prototype] {}' },
    { what: 'members in place of methods', value: { toString: 1 }, reason: '{ toString: 1 }' },
    { what: 'a message that throws', value: error({ message: { get: refusing } }), reason: UNREADABLE },
    { what: 'a proxy that throws', value: new Proxy({}, { getPrototypeOf: refusing }), reason: UNREADABLE },
  ])('$what', ({ value, reason }) => {
    expect(reasonOf(value)).toBe(reason);
    expect(explain(value)).toEqual(expect.any(String));
  });

  it('is the stack of an error, and its own form where that is none', () => {
    expect(explain(new Error('why'))).toMatch(/^Error: why\n {4}at /);
    expect(explain(error({ stack: { value: undefined } }))).toContain('why');
    expect(explain(error({ stack: { get: refusing } }))).toBe(UNREADABLE);
  });

  it('is a stack up to where Qilin called the app', () => {
    const ours = `    at load (${new URL('../../src/app/load.ts', import.meta.url)}:1:1)`;
    const apps = '    at app (/srv/app/server.ts:1:1)';
    const nodes = '    at emit (node:events:1:1)';
    const stackOf = (...lines: string[]) => explain(error({ stack: { value: lines.join('\n') } }));
    expect(stackOf('Error: x', nodes, apps, ours, nodes)).toBe(['Error: x', nodes, apps].join('\n'));
    // Where no frame is the app's, the fault may be ours; a place of a syntax error is all that there is to say.
    expect(stackOf('Error: x', nodes, ours)).toBe(['Error: x', nodes, ours].join('\n'));
    expect(stackOf('/srv/app/server.ts:1', 'x x', '  ^', '', 'SyntaxError: x', nodes, ours)).not.toContain('    at ');
  });

  it('is a sentence of Qilin, and its cause, which may be anything', () => {
    const cause: unknown = Object.create(null);
    const told = explain(new QilinError('HOOK_FAILED', 'It failed:', { cause }));
    expect(told).toBe('It failed:\nthrown value: [Object: null prototype] {}');
  });
});
