import { describe, expect, test } from 'vitest';
import { BugError, ConfigError, PmError, PluginError, SpawnError, type Diagnostic } from '@pm-supervisor/core';
import type { CliContext } from './context.ts';
import { catchEarlySignals } from './entry/early-signals.ts';
import { reportFailure } from './failure.ts';
import { isRun } from './entry/entry.ts';
import { runDaemon } from './daemon.ts';
import { runProgram } from './program.ts';
import { UsageError } from './usage-error.ts';
import { verbs } from './verbs.ts';

const allVerbs = ['run', ...Object.keys(verbs)].join(', ');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function pm(...argv: string[]): Promise<Ended> {
  const { context, ended } = createTestContext(argv);
  const early = catchEarlySignals({ on: () => undefined, off: () => undefined });
  return ended(await (isRun(argv) ? runDaemon(context, early) : runProgram(context)));
}

function createTestContext(
  argv: readonly string[],
  env: CliContext['env'] = {},
): { context: CliContext; ended: (code: number) => Ended } {
  let [out, err] = ['', ''];
  const context: CliContext = {
    argv,
    env,
    cwd: '/nowhere',
    pid: 42,
    node: { version: '24.21.0', path: '/usr/bin/node', arch: 'x64' },
    hasTerminal: false,
    stdout: { isTerminal: false, write: (text) => (out += text) },
    stderr: { isTerminal: false, write: (text) => (err += text) },
  };
  return { context, ended: (code) => ({ code, out, err }) };
}

test.each([
  [[], true],
  [['run'], true],
  [['--config', 'x'], true],
  [['--', 'bash'], true],
  [['check'], false],
  [['-h'], false],
  [['--version'], false],
])('%j starts the daemon: %j', (argv, expected) => {
  expect(isRun(argv)).toBe(expected);
});

describe('the command line that cannot be understood ends with 64, on stderr alone', () => {
  test.each([
    [['chekc'], 'pm: unknown verb "chekc"\n  Did you mean "pm check"?\n'],
    [['frobnicate'], `pm: unknown verb "frobnicate"\n  The verbs are ${allVerbs}.\n`],
    [['__proto__'], `pm: unknown verb "__proto__"\n  The verbs are ${allVerbs}.\n`],
    [['help', 'chek'], 'pm: unknown verb "chek"\n  Did you mean "pm check"?\n'],
    [['doctor', '--jsn'], "pm: doctor: unknown option '--jsn'\n  Did you mean --json?\n"],
    [
      ['version', 'now'],
      'pm: version: too many arguments. Expected 0 arguments but got 1: now.\n  See pm version --help.\n',
    ],
    [['run', '--wach'], 'pm: unknown option "--wach"\n  Did you mean "--watch"?\n'],
    [['--wach'], 'pm: unknown option "--wach"\n  Did you mean "--watch"?\n'],
  ])('%j', async (argv, err) => {
    expect(await pm(...argv)).toEqual({ code: 64, out: '', err });
  });
});

describe('help is an answer', () => {
  test.each([[['--help']], [['-h']], [['help']]])('%j lists every verb', async (argv) => {
    const { code, out, err } = await pm(...argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const verb of ['run', 'check', 'plan', 'schema', 'doctor', 'version'])
      expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
  });

  test.each([[['run', '--help']], [['help', 'run']]])('%j lists the options of run', async (argv) => {
    const { code, out } = await pm(...argv);
    expect(code).toBe(0);
    for (const option of ['--config', '--profile', '--only', '--watch', '--dry-run']) expect(out).toContain(option);
  });

  test('each verb explains itself', async () => {
    const { code, out, err } = await pm('doctor', '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('--json');
  });
});

describe('failures are told without a stack trace', () => {
  const diagnostic: Diagnostic = {
    severity: 'error',
    path: 'processes.web.comand',
    message: 'unknown key "comand"',
    hint: 'Did you mean "command"?',
    position: { file: 'pm.yaml', line: 3, column: 5 },
    frame: '3 |     comand: x\n  |     ^',
  };

  test.each<[string, unknown, number, string]>([
    ['usage', new UsageError('unexpected "x"'), 64, 'pm: unexpected "x"\n'],
    [
      'spawn',
      new SpawnError('exec', 'cannot start "web"', { hint: 'Install it.' }),
      1,
      'pm: cannot start "web"\n  Install it.\n',
    ],
    [
      'already running',
      new PmError('PM_ALREADY_RUNNING', 'pm runs already (pid 7)'),
      75,
      'pm: pm runs already (pid 7)\n',
    ],
    [
      'plugin missing',
      new PluginError('PM_PLUGIN_NOT_FOUND', 'no plugin "x"', { plugin: 'x', hook: 'resolve' }),
      78,
      'pm: no plugin "x"\n',
    ],
    [
      'plugin failed',
      new PluginError('PM_PLUGIN_FAILED', 'plugin "x" failed', { plugin: 'x', hook: 'setup' }),
      1,
      'pm: plugin "x" failed\n',
    ],
    [
      'configuration not found',
      new ConfigError('PM_CONFIG_NOT_FOUND', 'no configuration', []),
      78,
      'pm: no configuration\n',
    ],
    [
      'defect',
      new BugError('two and two'),
      70,
      'pm: internal error: two and two\n  This is a defect of pm. PM_DEBUG=1 shows where it happened.\n',
    ],
    [
      'foreign error',
      new TypeError('x is not a function'),
      70,
      'pm: internal error: x is not a function\n  This is a defect of pm. PM_DEBUG=1 shows where it happened.\n',
    ],
    [
      'thrown text',
      'oops',
      70,
      'pm: internal error: oops\n  This is a defect of pm. PM_DEBUG=1 shows where it happened.\n',
    ],
  ])('%s', (_, error, code, err) => {
    const { context, ended } = createTestContext([]);
    expect(ended(reportFailure(error, context))).toEqual({ code, out: '', err });
  });

  test('every diagnostic comes with its place, frame and hint, then how many there are', () => {
    const { context, ended } = createTestContext([]);
    const code = reportFailure(new ConfigError('PM_CONFIG_INVALID', 'nothing was started', [diagnostic]), context);
    expect(ended(code)).toEqual({
      code: 78,
      out: '',
      err: [
        'pm.yaml:3:5 error processes.web.comand: unknown key "comand"',
        '  3 |     comand: x',
        '    |     ^',
        '  Did you mean "command"?',
        '',
        '1 error',
        'pm: nothing was started',
        '',
      ].join('\n'),
    });
  });

  test('PM_DEBUG=1 adds the stack and every cause', () => {
    const { context, ended } = createTestContext([], { PM_DEBUG: '1' });
    const { err } = ended(reportFailure(new BugError('outer', { cause: new Error('inner') }), context));
    expect(err).toMatch(/internal error: outer\n.*BugError: outer\n {4}at [\s\S]*caused by Error: inner\n {4}at /);
    expect(err).not.toContain('PM_DEBUG=1 shows');
  });

  test('NO_COLOR beats FORCE_COLOR, which beats a pipe', () => {
    const forced = createTestContext([], { FORCE_COLOR: '1' });
    const { err: coloured } = forced.ended(reportFailure(new UsageError('x'), forced.context));
    const refused = createTestContext([], { FORCE_COLOR: '1', NO_COLOR: '1' });
    const { err: plain } = refused.ended(reportFailure(new UsageError('x'), refused.context));
    expect([coloured.includes('\u001B['), plain.includes('\u001B[')]).toEqual([true, false]);
  });
});

test('version is the version, and with --json what it runs on', async () => {
  expect(await pm('version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  expect(JSON.parse((await pm('version', '--json')).out)).toMatchObject({ pm: '0.1.0', node: '24.21.0', arch: 'x64' });
  expect(await pm('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
});
