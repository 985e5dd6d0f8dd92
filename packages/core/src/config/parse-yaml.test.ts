import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseYaml, textKeys } from './parse-yaml.ts';

function problems(text: string): { message: string; line?: number; column?: number }[] {
  return parseYaml(text, 'pm.yaml').diagnostics.map(({ message, position }) => ({
    message,
    ...(position === undefined ? {} : { line: position.line, column: position.column }),
  }));
}

describe('yaml', () => {
  test('positions: a scalar at its value, a map at its key, a list item where it stands', () => {
    const { positionOf } = parseYaml('processes:\n  web:\n    scale: 4\n    command: [a, b]\n', 'pm.yaml');
    expect(positionOf('processes.web')).toEqual({ file: 'pm.yaml', line: 2, column: 3 });
    expect(positionOf('processes.web.scale')).toEqual({ file: 'pm.yaml', line: 3, column: 12 });
    expect(positionOf('processes.web.scale', 'key')).toEqual({ file: 'pm.yaml', line: 3, column: 5 });
    expect(positionOf('processes.web.command[1]')).toEqual({ file: 'pm.yaml', line: 4, column: 18 });
    expect(positionOf('processes.web.nope')).toBeUndefined();
  });

  test('an item of a list of names is also found by its name', () => {
    const { positionOf } = parseYaml('depends_on: [db, cache]\n', 'pm.yaml');
    expect(positionOf('depends_on.cache')).toEqual({ file: 'pm.yaml', line: 1, column: 18 });
  });

  test('variables, labels, commands and masks keep the digits that were written', () => {
    const { value } = parseYaml(
      'env: {V: 1.10, B: True, N: ~}\ncommand: [sleep, 0070, 1e3]\numask: 022\nscale: 010\n',
      'f',
    );
    expect(value).toEqual({
      env: { V: '1.10', B: 'True', N: null },
      command: ['sleep', '0070', '1e3'],
      umask: '022',
      scale: 10,
    });
  });

  test('a process may be called like a key whose values are texts', () => {
    expect(parseYaml('processes: {env: {scale: 2}}', 'f').value).toEqual({ processes: { env: { scale: 2 } } });
  });

  test('anchors, aliases and merge keys work; what is written beside a merge key wins', () => {
    const text =
      'processes:\n  a: &base {scale: 2, restart: never}\n  b: {<<: *base, scale: 3}\n  c: {scale: 1, <<: [*base]}\n';
    expect(parseYaml(text, 'f').value).toEqual({
      processes: {
        a: { scale: 2, restart: 'never' },
        b: { scale: 3, restart: 'never' },
        c: { scale: 1, restart: 'never' },
      },
    });
  });

  test('keys of any scalar kind are text, and no key reaches a prototype', () => {
    const { value } = parseYaml('8080: a\ntrue: b\n__proto__: {polluted: yes}\nconstructor: c\n', 'f');
    expect(Object.keys(value as object)).toEqual(['8080', 'true', '__proto__', 'constructor']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each([
    [
      'a duplicate key',
      'a: 1\nb: 2\na: 3\n',
      { message: 'the key "a" is written twice in one map', line: 3, column: 1 },
    ],
    ['a list as key', '? [a]\n: b\n', { message: 'a key must be text, not a list or a map', line: 1, column: 3 }],
    ['a tab', 'a:\n\tb: 1\n', { message: 'a tab indents here; YAML indents with spaces', line: 2, column: 1 }],
    [
      'a second document',
      'a: 1\n---\nb: 2\n',
      { message: 'a second document starts here; a configuration is one document', line: 2, column: 1 },
    ],
    [
      'an alias to nothing',
      'a: *nope\n',
      { message: 'no anchor "&nope" stands before this alias', line: 1, column: 4 },
    ],
    ['an alias inside itself', 'a: &x [*x]\n', { message: 'the alias "*x" contains itself', line: 1, column: 8 }],
    ['a merge of a list', 'a: {<<: [1]}\n', { message: '"<<" merges maps, and this is none', line: 1, column: 9 }],
  ])('%s is an error at its place', (_, text, expected) => {
    expect(problems(text)).toEqual([expected]);
  });

  test('an unknown tag is an error, not a surprise', () => {
    expect(problems('a: !!js/function x\n')[0]).toMatchObject({ line: 1, column: 4 });
  });

  test.each([
    ['a: nginx: -g', 'A text that holds ": " needs quotes; or indent the lines below more than this one.'],
    ['a: @x', 'A text that starts with one of @ ` % needs quotes.'],
    ['a:\n   b: 1\n    c: 2', 'A text that holds ": " needs quotes; or indent the lines below more than this one.'],
    ['a:\n   b: [1]\n    c: 2', 'Keys of one map start in the same column.'],
  ])('%j has a hint, and one error per line', (text, hint) => {
    expect(parseYaml(text, 'f').diagnostics.map((it) => it.hint)).toEqual([hint]);
  });

  test('an expression without quotes inside a flow map is explained', () => {
    expect(parseYaml('a: {b: ${X}}', 'f').diagnostics[0]?.hint).toBe(
      'Inside { } and [ ] an expression needs quotes: "${VAR}".',
    );
    expect(parseYaml('a: ${X}', 'f').value).toEqual({ a: '${X}' });
  });

  test('several errors of syntax come together', () => {
    expect(problems('a: 1\na: 2\nb: 1\nb: 2\n')).toHaveLength(2);
  });

  test('an alias bomb is refused at once', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
    );
    const startedAt = performance.now();
    expect(problems(['l0: &l0 lol', ...levels].join('\n'))[0]?.message).toBe(
      'the aliases expand to more than a configuration can need',
    );
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test.each(['[', '{a: ', '- '])('nesting %j without end is refused, not a stack overflow', (piece) => {
    expect(parseYaml(piece.repeat(20_000), 'f').diagnostics.length).toBeGreaterThan(0);
  });

  test('what the library writes is read back as it was', () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    const data = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '<<' && !textKeys.has(key)),
      fc.oneof(scalar, fc.array(scalar)),
      { minKeys: 1 },
    );
    fc.assert(
      fc.property(data, (value) => {
        expect(parseYaml(stringify({ top: value }), 'f').value).toEqual({ top: value });
      }),
    );
  });
});
