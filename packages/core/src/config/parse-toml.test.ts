import { describe, expect, test } from 'vitest';
import { parseToml } from './parse-toml.ts';

const text = `# services
version = "1.0"
[global]
log_level = "debug"

[processes.web]
  command = ["nginx"]
  shutdown.timeout = 5
[processes."my.app"]
command = """
x
"""
[[list]]
a = 1
[[list]]
a = 2
`;

describe('toml', () => {
  test.each([
    ['version', 2, 1],
    ['global', 3, 1],
    ['global.log_level', 4, 1],
    ['processes.web', 6, 1],
    ['processes.web.command', 7, 3],
    ['processes.web.command[0]', 7, 3],
    ['processes.web.shutdown.timeout', 8, 3],
    ['processes."my.app".command', 10, 1],
    ['list[1].a', 16, 1],
  ])('%s is found on its line', (path, line, column) => {
    expect(parseToml(text, 'pm.toml').positionOf(path)).toEqual({ file: 'pm.toml', line, column });
  });

  test('values are plain data', () => {
    expect(parseToml(text, 'pm.toml').value).toMatchObject({
      processes: { web: { command: ['nginx'], shutdown: { timeout: 5 } } },
      list: [{ a: 1 }, { a: 2 }],
    });
  });

  test('an error of syntax has its place and the library’s reason, without its code block', () => {
    const [diagnostic, ...others] = parseToml('a = 1\nb = \n', 'pm.toml').diagnostics;
    expect(others).toEqual([]);
    expect(diagnostic).toMatchObject({ severity: 'error', position: { file: 'pm.toml', line: 2 } });
    expect(diagnostic?.message).not.toContain('\n');
  });

  test('a key written twice is an error', () => {
    expect(parseToml('a = 1\na = 2\n', 'f').diagnostics[0]?.position?.line).toBe(2);
  });

  test('a date is refused by its key', () => {
    expect(parseToml('[global]\nwhen = 2024-01-01\n', 'f').diagnostics).toMatchObject([
      { path: 'global.when', message: 'a date means nothing in a configuration', position: { line: 2 } },
    ]);
  });

  test('nothing but comments is empty', () => {
    expect(parseToml('# nothing\n', 'f').value).toBeUndefined();
  });

  test('nesting without end is refused', () => {
    expect(parseToml(`a = ${'['.repeat(100_000)}`, 'f').diagnostics).toHaveLength(1);
  });
});
