import { describe, expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { readDeclarations, type Declarations, type DeclarationSource } from './declarations.ts';

const sources = { env: { PORT_BASE: '80' }, readFile: (path: string) => `content of ${path}` };
const read = (text: string, more: Partial<DeclarationSource> = {}): Promise<Declarations> =>
  readDeclarations({ file: 'jobs.yaml', text, ...more }, sources);

test.each([
  ['jobs.yaml', 'processes:\n  a: {command: [x, "${PORT_BASE}80"]}\n'],
  ['jobs.json', '{"processes": {"a": {"command": ["x", "${PORT_BASE}80"]}}}'],
  ['jobs.toml', '[processes.a]\ncommand = ["x", "${PORT_BASE}80"]\n'],
])('declarations are read and expanded: %s', async (file, text) => {
  expect((await read(text, { file })).processes).toEqual({ a: { command: ['x', '8080'] } });
});

test('declarations: with a name the text is one process', async () => {
  expect((await read('command: [x]\nenv: {A: "${file:a}"}', { name: 'my.job' })).processes).toEqual({
    'my.job': { command: ['x'], env: { A: 'content of a' } },
  });
});

test.each<[string, string, Partial<DeclarationSource>, object]>([
  ['in a map', 'processes:\n  job:\n    comand: [x]\n', {}, { line: 3, column: 5 }],
  ['in one process', 'user: x\ncomand: [x]\n', { name: 'job' }, { line: 2, column: 1 }],
])('declarations: problems found elsewhere get the place: %s', async (_, text, more, position) => {
  const { locate } = await read(text, more);
  const [problem] = locate([{ severity: 'error', path: 'processes.job.comand', message: 'unknown key "comand"' }]);
  expect(problem).toMatchObject({ position, frame: expect.stringContaining('comand: [x]') as string });
});

describe('declarations: what is wrong with the text is told with its place', () => {
  test.each<[string, string, Partial<DeclarationSource>, string]>([
    ['no processes', 'command: [x]\n', {}, 'expected a map with processes'],
    ['nothing', '', {}, 'expected a map with processes'],
    ['a list', '- a\n', {}, 'expected a map with processes'],
    ['a list for one', '- a\n', { name: 'job' }, 'expected a map with processes'],
    ['other keys', 'processes: {a: {command: x}}\nglobal: {}\n', {}, 'only "processes" can be declared at run time'],
    ['syntax', 'processes: {a: \n', {}, ''],
    ['an unset variable', 'processes: {a: {command: ["${NOPE}"]}}\n', {}, 'NOPE'],
  ])('%s', async (_, text, more, message) => {
    const error = await read(text, more).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toBe('jobs.yaml has an error: nothing was changed');
    expect((error as ConfigError).diagnostics).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(message) as string,
        position: expect.objectContaining({ file: 'jobs.yaml' }) as object,
      }),
    ]);
  });
});
