import { describe, expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

describe('json', () => {
  test('values and places', () => {
    const { value, positionOf } = parseJson('{\n\t"a": {"b": [1, true]}\n}', 'pm.json');
    expect(value).toEqual({ a: { b: [1, true] } });
    expect(positionOf('a.b[1]')).toEqual({ file: 'pm.json', line: 2, column: 17 });
  });

  test.each([
    ['{"a": 1 "b": 2}', 1, 9, "Expected ',' or '}' after property value"],
    ['{\n  "a": tru\n}', 2, 11, 'Unexpected token'],
    ['{"a": 1,}', 1, 9, 'Expected double-quoted property name'],
    ['{"a": 1', 1, 8, "Expected ',' or '}' after property value"],
    ['{"a": 1, "a": 2}', 1, 10, 'the key "a" is written twice in one map'],
  ])('%j is refused at its place', (text, line, column, message) => {
    const [diagnostic, ...others] = parseJson(text, 'f').diagnostics;
    expect(others).toEqual([]);
    expect(diagnostic?.position).toEqual({ file: 'f', line, column });
    expect(diagnostic?.message).toContain(message);
  });

  test('comments are explained', () => {
    expect(parseJson('{\n  // no\n}', 'f').diagnostics).toMatchObject([
      {
        position: { line: 2, column: 3 },
        hint: 'JSON has no comments, and text stands in double quotes; YAML has both.',
      },
    ]);
  });

  test('nothing is empty', () => {
    expect(parseJson(' \n', 'f').value).toBeUndefined();
  });
});
