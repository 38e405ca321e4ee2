import { expect, test } from 'vitest';
import { encodeAnswer, encodeRequest, LONGEST_REQUEST, parseAnswer, parseRequest } from '../../src/control/protocol.ts';

test('a request and an answer are read as they were written', () => {
  const line = encodeRequest({ command: 'scale', arguments: { to: '+1' } });
  expect(line).toBe('{"protocol":1,"command":"scale","arguments":{"to":"+1"}}\n');
  expect(line.length).toBeLessThan(LONGEST_REQUEST);
  expect(parseRequest(line.trim())).toEqual({ ok: true, order: { command: 'scale', arguments: { to: '+1' } } });
  for (const answer of [{ ok: true, result: { message: 'x' } } as const, { ok: false, error: 'no' } as const])
    expect(parseAnswer(encodeAnswer(answer).trim())).toEqual(answer);
});

test.each([
  ['', 'A request must be one JSON object in a line.'],
  ['GET / HTTP/1.1', 'A request must be one JSON object in a line.'],
  ['[1]', 'A request must be one JSON object in a line.'],
  ['{}', 'This server speaks protocol 1: use the qilinctl that came with it.'],
  ['{"protocol":2,"command":"stop"}', 'This server speaks protocol 1: use the qilinctl that came with it.'],
  ['{"protocol":1}', /^There is no command undefined: there are status, /],
  ['{"protocol":1,"command":"__proto__"}', /^There is no command "__proto__": there are status, /],
  ['{"protocol":1,"command":"stop","arguments":[]}', 'The arguments of a command must be an object.'],
  ['{"protocol":1,"command":"stop","arguments":{"now":true}}', 'stop knows no now.'],
  ['{"protocol":1,"command":"stop","arguments":{"wait":"yes"}}', 'stop: wait must be true or false (got "yes").'],
  ['{"protocol":1,"command":"scale","arguments":{"to":-3}}', /^scale: to must be .*\(got -3\)\.$/],
  ['{"protocol":1,"command":"scale"}', /^scale: to must be .*\(none was given\)\.$/],
])('%s is refused in a sentence', (line, error) => {
  expect(parseRequest(line)).toEqual({
    ok: false,
    error: typeof error === 'string' ? error : expect.stringMatching(error),
  });
});

test.each(['', 'null', '{"ok":1}', '{"ok":false}', '{"ok":false,"error":4}'])('%s is no answer', (line) => {
  expect(parseAnswer(line)).toBeUndefined();
});
