import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEnvFile } from './env-file.ts';

describe('an env file', () => {
  test.each<[string, string, Record<string, string>]>([
    ['names and values', 'A=1\nB_2=two words\n', { A: '1', B_2: 'two words' }],
    ['empty lines, comments and blanks around', '\n# A=0\n  A = 1  \n\t# x', { A: '1' }],
    ['export', 'export A=1\nexport\tB=2', { A: '1', B: '2' }],
    ['an empty value', 'A=\nB=""\nC=\'\'', { A: '', B: '', C: '' }],
    ['a comment after a value', 'A=x # y\nB=x#y\nC=# z\nD="x # y" # z', { A: 'x', B: 'x#y', C: '', D: 'x # y' }],
    ['double quotes with escapes', 'A="a\\nb\\t\\"c\\" \\\\ \\$X \\q"', { A: 'a\nb\t"c" \\ $X \\q' }],
    ['single quotes, literal', 'A=\'a\\nb "$X" ${Y}\'', { A: 'a\\nb "$X" ${Y}' }],
    [
      'a value over several lines',
      'KEY="-----BEGIN\nabc\n-----END"\nB=1',
      { KEY: '-----BEGIN\nabc\n-----END', B: '1' },
    ],
    ['line ends of Windows and a byte order mark', '\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['equal signs in values', 'A=b=c==', { A: 'b=c==' }],
    ['nothing expanded', 'A=$HOME ${PATH}', { A: '$HOME ${PATH}' }],
    ['the last of two equal names', 'A=1\nA=2', { A: '2' }],
    ["Laravel's dotted and dashed names", 'MY.APP-KEY=1', { 'MY.APP-KEY': '1' }],
    ['a name that is no trap', '__proto__=1', JSON.parse('{"__proto__":"1"}') as Record<string, string>],
    ['nothing', '', {}],
  ])('holds %s', (_what, text, env) => {
    const reading = readEnvFile(text);
    expect(reading.ok && Object.entries(reading.env)).toEqual(Object.entries(env));
  });

  test.each([
    ['a line without a sign', 'A=1\nB', 2, 'expected NAME=value, got "B"'],
    ['a name that is none', '1A=2', 1, '"1A" is not a name of a variable'],
    ['a quote that stays open', '\nA="1\n2', 2, 'the quote of A is never closed'],
    ['text after a quote', 'A="1"2', 1, 'text after the closing quote of A'],
    ['a NUL', 'A=\0', 1, 'the value of A holds a NUL byte'],
  ])('with %s is refused by line', (_what, text, line, message) => {
    expect(readEnvFile(text)).toEqual({ ok: false, line, message });
  });

  test('gives back every value that was written in double quotes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((value) => !/[\0\r]/.test(value)),
        (value) => {
          const quoted = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
          expect(readEnvFile(`A="${quoted}"`)).toEqual({ ok: true, env: { A: value } });
        },
      ),
    );
  });
});
