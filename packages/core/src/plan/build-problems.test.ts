import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../config/diagnostic.ts';
import { buildPlan } from './build.ts';
import { contextOf, draftOf, factsOf, nowhere, problemsOf } from './fixtures/drafts.ts';
import type { DraftParts } from './fixtures/drafts.ts';

/** [what, draft, path, message, a part of the hint] */
type Row = readonly [string, DraftParts, string, string, string];

const toCase = ([what, parts, path, message, hint]: Row): {
  what: string;
  parts: DraftParts;
  path: string;
  message: string;
  hint: string;
} => ({ what, parts, path, message, hint });

const process = (
  draft: NonNullable<DraftParts['processes']>[string],
  others: DraftParts['processes'] = {},
): DraftParts => ({ processes: { web: draft, ...others } });

const errors: readonly Row[] = [
  // Commands
  [
    'an empty command',
    process({ command: [] }),
    'processes.web.command',
    'the command is an empty list',
    'for example',
  ],
  [
    'a pipe without a shell',
    process({ command: 'a | b' }),
    'processes.web.command',
    '`|` at character 3 needs a shell',
    '"shell: true"',
  ],
  [
    'a broken stop_command',
    process({ stop_command: "kill 'x" }),
    'processes.web.stop_command',
    "the quote ' at character 6 is never closed",
    'Close it',
  ],
  [
    'a broken reload_command',
    process({ reload_command: '' }),
    'processes.web.reload_command',
    'the command is empty',
    'Write the program',
  ],
  [
    'two ways to reload',
    process({ reload_command: 'a', reload_signal: 'SIGHUP' }),
    'processes.web.reload_signal',
    '"reload_command" and "reload_signal" are both set',
    'Keep the one',
  ],
  [
    'a hook without a command',
    { hooks: { pre_start: [{ command: [] }] } },
    'hooks.pre_start[0].command',
    'the command is an empty list',
    'for example',
  ],
  [
    'a process named like the supervisor',
    { processes: { pm: {} } },
    'processes.pm',
    '"pm" is the supervisor itself',
    'Rename it',
  ],
  [
    'a hook without any time',
    process({ hooks: { pre_start: [{ command: 'x', timeout: 0 }] } }),
    'processes.web.hooks.pre_start[0].timeout',
    'a hook without any time is killed before it runs',
    'Give it time',
  ],
  [
    'a variable that pm sets itself',
    process({ env: { PM_INSTANCE: 'x' } }),
    'processes.web.env.PM_INSTANCE',
    'PM_INSTANCE is set by pm for every instance, so this value does nothing',
    'another name',
  ],
  [
    'a PORT beside port_base',
    process({ env: { PORT: '80' }, port_base: 8000 }),
    'processes.web.env.PORT',
    'PORT is set by pm for every instance, so this value does nothing',
    'port_base',
  ],
  [
    'a process hook without a command',
    process({ hooks: { finish: [{ command: 'x' }, { command: ' ' }] } }),
    'processes.web.hooks.finish[1].command',
    'the command is empty',
    'Write the program',
  ],
  [
    'a broken pre_stop_hook',
    process({ shutdown: { pre_stop_hook: { command: 'a;b' } } }),
    'processes.web.shutdown.pre_stop_hook.command',
    '`;` at character 2 needs a shell',
    '"shell: true"',
  ],
  [
    'a broken condition',
    process({ only_if: { command: 'a &' } }),
    'processes.web.only_if.command',
    '`&` at character 3 needs a shell',
    '"shell: true"',
  ],
  [
    'an empty condition',
    process({ skip_if: {} }),
    'processes.web.skip_if',
    'the condition is empty',
    'env, file and command',
  ],

  // Users and environment
  [
    'an unknown user',
    process({ user: 'www-date' }),
    'processes.web.user',
    'user "www-date" does not exist',
    'Did you mean "www-data"?',
  ],
  [
    'a user like no other',
    process({ user: 'postgres' }),
    'processes.web.user',
    'user "postgres" does not exist',
    'Create it in the image, or remove "user".',
  ],
  [
    'an unknown group',
    process({ user: 'www-data', group: 'www' }),
    'processes.web.group',
    'group "www" does not exist',
    '"group"',
  ],
  [
    'an unknown group alone',
    process({ group: 'www-dat' }),
    'processes.web.group',
    'group "www-dat" does not exist',
    'Did you mean "www-data"?',
  ],
  [
    'an unknown user of a hook',
    { hooks: { post_stop: [{ command: 'a', user: 'bob' }] } },
    'hooks.post_stop[0].user',
    'user "bob" does not exist',
    'Create it',
  ],
  [
    'an env file that is not there',
    process({ env_file: ['a.env'] }),
    'processes.web.env_file[0]',
    'cannot read the env file /app/a.env: it does not exist',
    'Create it',
  ],
  [
    'a global env file that is not there',
    { global: { env_file: ['/etc/x'] } },
    'global.env_file[0]',
    'cannot read the env file /etc/x: it does not exist',
    'Create it',
  ],
  [
    'a variable no environment can hold',
    process({ env: { 'A=B': 'x' } }),
    'processes.web.env."A=B"',
    '"A=B" is not a name of a variable',
    'letters',
  ],
  ['nice out of range', process({ nice: 20 }), 'processes.web.nice', '20 is out of range', 'from -20 to 19'],
  [
    'oom_score_adj out of range',
    process({ oom_score_adj: -1001 }),
    'processes.web.oom_score_adj',
    '-1001 is out of range',
    'from -1000 to 1000',
  ],
  [
    'a soft limit above the hard one',
    process({ limits: { nofile: { soft: 10, hard: 5 } } }),
    'processes.web.limits.nofile',
    'the soft limit (10) is above the hard one (5)',
    'raise the hard limit',
  ],

  // Dependencies
  [
    'an unknown dependency',
    process({ depends_on: { dbb: {} } }, { db1: {} }),
    'processes.web.depends_on.dbb',
    'there is no process "dbb" to depend on',
    'Did you mean "db1"?',
  ],
  [
    'an unknown dependency like no other',
    process({ depends_on: { redis: {} } }),
    'processes.web.depends_on.redis',
    'there is no process "redis" to depend on',
    'Processes are: web.',
  ],
  [
    'a dependency on a bundle',
    { ...process({ depends_on: { all: {} } }, { db: {} }), bundles: { all: ['db'] } },
    'processes.web.depends_on.all',
    'there is no process "all" to depend on',
    'is a bundle: name its processes (db)',
  ],
  [
    'a dependency on an instance',
    process({ depends_on: { 'db-2': {} } }, { db: { scale: 2 } }),
    'processes.web.depends_on.db-2',
    'there is no process "db-2" to depend on',
    'is an instance: name its process, "db"',
  ],
  [
    'a dependency on a template',
    { ...process({ depends_on: { vpn: {} } }), templates: { 'vpn@': {} } },
    'processes.web.depends_on.vpn',
    'there is no process "vpn" to depend on',
    '"vpn@" is a template',
  ],
  [
    'a dependency on itself',
    process({ depends_on: { web: {} } }),
    'processes.web.depends_on.web',
    '"web" depends on itself',
    'Remove it',
  ],
  [
    'a cycle',
    process({ depends_on: { a: {} } }, { a: { depends_on: { b: {} } }, b: { depends_on: { web: {} } } }),
    'processes.web.depends_on.a',
    'the dependencies form a cycle: web → a → b → web',
    'could ever start',
  ],
  [
    'waiting for a longrun to complete',
    process({ depends_on: { db: { condition: 'completed' } } }, { db: {} }),
    'processes.web.depends_on.db.condition',
    '"db" is a longrun and never completes',
    '"ready"',
  ],
  [
    'wait_after for no dependency',
    process({ depends_on: { db: {} }, wait_after: { bd: 5 } }, { db: {} }),
    'processes.web.wait_after.bd',
    '"bd" is not among its dependencies',
    'Did you mean "db"?',
  ],
  [
    'wait_after without dependencies',
    process({ wait_after: { cache: 5 } }),
    'processes.web.wait_after.cache',
    '"cache" is not among its dependencies',
    'It depends on nothing.',
  ],

  // Conflicts
  [
    'a conflict with itself',
    process({ conflicts_with: ['web'] }),
    'processes.web.conflicts_with[0]',
    '"web" conflicts with itself',
    'Remove it',
  ],
  [
    'a conflict with nobody',
    process({ conflicts_with: ['x', 'wab'] }, { x: { enabled: false } }),
    'processes.web.conflicts_with[1]',
    'there is no process "wab" to conflict with',
    'Did you mean "web"?',
  ],
  [
    'a conflict with what it needs',
    process({ conflicts_with: ['db'], depends_on: { mid: {} } }, { mid: { depends_on: { db: {} } }, db: {} }),
    'processes.web.conflicts_with[0]',
    '"web" and "db" conflict, but one needs the other',
    'Remove the conflict',
  ],
  [
    'a conflict within the boot',
    process({ conflicts_with: ['alt'] }, { alt: {} }),
    'processes.web.conflicts_with[0]',
    '"web" and "alt" conflict, but both start at boot',
    '"initial_state: stopped"',
  ],

  // Restart and stop
  [
    'a oneshot that restarts always',
    process({ type: 'oneshot', restart: 'always' }),
    'processes.web.restart',
    'a oneshot cannot restart always: it would never complete',
    'on-failure',
  ],
  [
    'a backoff that shrinks',
    process({ restart_backoff: { initial: 10_000, max: 5000 } }),
    'processes.web.restart_backoff.max',
    'the longest delay (5s) is shorter than the first (10s)',
    'Raise "max"',
  ],
  [
    'half an attempt',
    process({ max_restart_attempts: 1.5 }),
    'processes.web.max_restart_attempts',
    '1.5 is not a number of attempts',
    '-1',
  ],
  [
    'less than never',
    { global: { max_restart_attempts: -2 } },
    'global.max_restart_attempts',
    '-2 is not a number of attempts',
    '-1',
  ],
  [
    'an exit code above 255',
    process({ success_exit_codes: [0, 256] }),
    'processes.web.success_exit_codes[1]',
    '256 is not an exit code',
    '0 to 255',
  ],
  [
    'an exit signal that does not exist',
    process({ success_exit_codes: ['SIGTREM'] }),
    'processes.web.success_exit_codes[0]',
    'there is no signal SIGTREM',
    'Did you mean "SIGTERM"?',
  ],
  [
    'a stop signal that does not exist',
    process({ shutdown: { signal: 'SIGQIUT' } }),
    'processes.web.shutdown.signal',
    'there is no signal SIGQIUT',
    'Did you mean "SIGQUIT"?',
  ],
  [
    'a real-time stop signal',
    process({ shutdown: { signal: 'SIGRTMIN+3' } }),
    'processes.web.shutdown.signal',
    'SIGRTMIN+3 is a real-time signal, which is refused: a process that dies of one looks like a success',
    'standard signal',
  ],
  [
    'a stop signal that only pauses',
    process({ shutdown: { signal: 'SIGSTOP' } }),
    'processes.web.shutdown.signal',
    'SIGSTOP does not end a process',
    'SIGTERM',
  ],
  [
    'a kill signal that continues',
    process({ shutdown: { kill_signal: 'SIGCONT' } }),
    'processes.web.shutdown.kill_signal',
    'SIGCONT does not end a process',
    'SIGTERM',
  ],
  [
    'a reload signal that does not exist',
    process({ reload_signal: 'SIGFOO' }),
    'processes.web.reload_signal',
    'there is no signal SIGFOO',
    'SIG',
  ],

  // Readiness, terminal, oneshots
  [
    'readiness on nothing',
    process({ ready: {} }),
    'processes.web.ready',
    '"ready" does not say what to wait for',
    'after, fd, notify',
  ],
  [
    'readiness on stdout',
    process({ ready: { fd: 1 } }),
    'processes.web.ready.fd',
    'descriptor 1 is stdout of the process',
    'for example 3',
  ],
  [
    'readiness on a far descriptor',
    process({ ready: { fd: 5000 } }),
    'processes.web.ready.fd',
    '5000 is not a descriptor from 3 to 255',
    'for example 3',
  ],
  [
    'readiness on a broken pattern',
    process({ ready: { log: 'up (' } }),
    'processes.web.ready.log',
    'not a regular expression: /up (/: Unterminated group',
    'backslash',
  ],
  [
    'readiness on no port',
    process({ ready: { port: 70_000 } }),
    'processes.web.ready.port',
    '70000 is not a port',
    '65535',
  ],
  [
    'readiness by a broken command',
    process({ ready: { command: 'a > b' } }),
    'processes.web.ready.command',
    '`>` at character 3 needs a shell',
    '"shell: true"',
  ],
  [
    'an input beside a terminal',
    process({ tty: true, stdin: '/dev/null' }),
    'processes.web.stdin',
    '"stdin" does nothing with "tty: true": the terminal is the input',
    'Remove one',
  ],
  [
    'stderr apart from a terminal',
    process({ tty: true, logging: { stderr: false, sections: {} } }),
    'processes.web.logging.stderr',
    '"stderr" does nothing with "tty: true": a terminal mixes stderr into stdout',
    '"logging.stdout"',
  ],
  [
    'a memory limit that restarts a oneshot',
    process({ type: 'oneshot', max_memory: 1 }),
    'processes.web.max_memory',
    'a oneshot is not restarted, so "max_memory" does nothing',
    'memory_max',
  ],
  [
    'a delay of no script',
    process({ post_script_timeout: 1 }),
    'processes.web.post_script_timeout',
    '"post_script_timeout" does nothing without "post_script"',
    'Add "post_script"',
  ],

  // Scale, ports, names
  [
    'a scale above the ceiling',
    process({ scale: 101 }),
    'processes.web.scale',
    'scale 101 is above global.max_process_scale 100',
    '"global.max_process_scale"',
  ],
  [
    'a scale above max_scale',
    process({ scale: 5, max_scale: 4 }),
    'processes.web.scale',
    'scale 5 is above max_scale 4',
    'Lower it',
  ],
  [
    'a max_scale above the ceiling',
    { ...process({ max_scale: 11 }), global: { max_process_scale: 10 } },
    'processes.web.max_scale',
    'max_scale 11 is above the ceiling of 10',
    'global.max_process_scale',
  ],
  [
    'half an instance',
    process({ scale: 0.5 }),
    'processes.web.scale',
    '0.5 is not a number of instances',
    '0 is stopped',
  ],
  [
    'a ceiling of none',
    { global: { max_process_scale: 0 } },
    'global.max_process_scale',
    '0 is not a number of instances',
    'from 1',
  ],
  [
    'ports that overlap',
    process({ port_base: 8000, scale: 4 }, { api: { port_base: 8003 } }),
    'processes.api.port_base',
    'the ports of "api" (8003) overlap those of "web" (8000–8003)',
    '"port_base: 8004"',
  ],
  [
    'ports that overlap from afar',
    process({ port_base: 8000, scale: 50 }, { b: { port_base: 8001, scale: 0 }, c: { port_base: 8040, scale: 2 } }),
    'processes.c.port_base',
    'the ports of "c" (8040–8041) overlap those of "web" (8000–8049)',
    '"port_base: 8050"',
  ],
  [
    'ports above the last',
    process({ port_base: 65_535, scale: 2 }),
    'processes.web.port_base',
    '65535 to 65536 are not all ports',
    'one is needed per instance',
  ],
  ['port 0', process({ port_base: 0 }), 'processes.web.port_base', '0 is not a port', '1 to 65535'],
  [
    'the name of an instance',
    process({ scale: 2 }, { 'web-2': {} }),
    'processes.web-2',
    '"web-2" is also the name of an instance of "web"',
    'Rename one of them',
  ],
  [
    'the name of the only instance',
    process({}, { 'web-1': {} }),
    'processes.web-1',
    '"web-1" is also the name of an instance of "web"',
    'Rename one of them',
  ],
  [
    'a bundle with the name of an instance',
    { ...process({ scale: 3 }), bundles: { 'web-3': ['web'] } },
    'bundles.web-3',
    '"web-3" is also the name of an instance of "web"',
    'Rename one of them',
  ],

  // Bundles and templates
  [
    'a bundle of nobody',
    { ...process({}), bundles: { all: ['web', 'wbe'] } },
    'bundles.all[1]',
    'there is no process or bundle "wbe"',
    'Did you mean "web"?',
  ],
  [
    'a bundle with the name of a process',
    { ...process({}), bundles: { web: [] } },
    'bundles.web',
    '"web" is the name of a process too',
    'Rename one',
  ],
  [
    'bundles that hold each other',
    { ...process({}), bundles: { a: ['web', 'b'], b: ['c'], c: ['b'] } },
    'bundles.b',
    'the bundles hold each other: b → c → b',
    'Remove one',
  ],
  ['a bundle in itself', { bundles: { a: ['a'] } }, 'bundles.a', 'the bundles hold each other: a → a', 'Remove one'],
  [
    'a template without its @',
    { templates: { vpn: {} } },
    'templates.vpn',
    '"vpn" is not the name of a template',
    '"openvpn@"',
  ],
  [
    'a template that cannot work',
    { templates: { 'vpn@': { command: 'openvpn', user: 'vpn' } } },
    'templates.vpn@.user',
    'user "vpn" does not exist',
    'Create it',
  ],
  [
    'an instance with a bad name',
    { ...process({ depends_on: { 'vpn@a/b': {} } }), templates: { 'vpn@': {} } },
    'templates.vpn@',
    '"a/b" cannot be the name of an instance',
    'letters',
  ],
];

describe('the meaning gate refuses', () => {
  test.each(errors.map(toCase))('$what', ({ parts, path, message, hint }) => {
    const found = problemsOf(parts).filter((problem) => problem.path === path);
    expect(found.map((problem) => [problem.severity, problem.message])).toContainEqual(['error', message]);
    expect(found.find((problem) => problem.message === message)?.hint).toContain(hint);
  });

  test('a name that is that of an instance: told at what is declared at run time, where the other is of a file', () => {
    const atRunTime = { layer: 'dynamic', from: 'run time' } as const;
    const sourceOf = (path: string): typeof atRunTime | undefined =>
      path.startsWith('processes.web.') ? atRunTime : undefined;
    const parts: DraftParts = { processes: { web: { scale: 2 }, 'web-2': {} }, bundles: { 'web-1': ['web-2'] } };
    expect(problemsOf(parts, { origin: { ...nowhere, sourceOf } }).map(({ path, message }) => [path, message])).toEqual(
      [
        ['processes.web', 'its instance "web-2" would have the name of the process "web-2"'],
        ['processes.web', 'its instance "web-1" would have the name of the bundle "web-1"'],
      ],
    );
  });

  test('everything at once, and makes no plan', () => {
    const parts: DraftParts = {
      processes: { a: { user: 'nobody', command: [], depends_on: { x: {} } }, b: { scale: -1, ready: { fd: 0 } } },
      bundles: { c: ['d'] },
    };
    const { plan, diagnostics } = buildPlan(draftOf(parts), contextOf());
    expect(plan).toBeUndefined();
    expect(diagnostics.map((problem) => problem.path).toSorted()).toEqual([
      'bundles.c[0]',
      'processes.a.command',
      'processes.a.depends_on.x',
      'processes.a.user',
      'processes.b.ready.fd',
      'processes.b.scale',
    ]);
  });

  test('with what is missing on the machine, but not where something is wrong already', () => {
    const facts = factsOf({ findCommand: () => ({ errno: 'ENOENT', reason: 'not there' }) });
    const problems = problemsOf({ processes: { a: { command: 'x | y' }, b: { command: 'z' } } }, { facts });
    expect(problems.map(({ path, message }) => [path, message])).toEqual([
      ['processes.a.command', '`|` at character 3 needs a shell'],
      ['processes.b.command', 'cannot run "z": not there'],
    ]);
  });

  test('a thousand things in one breath: the first are listed, the rest is counted', () => {
    const processes = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`p${index}x`, { depends_on: { [`q${index}y`]: {} } }]),
    );
    const problems = problemsOf({ processes });
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toEqual({ severity: 'error', path: '', message: 'and 800 more errors' });
  });

  test('each thing once, where the user wrote it, in the order of the file', () => {
    const lines = new Map([
      ['global.user', 2],
      ['processes.web.scale', 9],
      ['processes.api.nice', 5],
    ]);
    const positionOf = (path: string): Diagnostic['position'] => {
      const line = lines.get(path);
      return line === undefined ? undefined : { file: 'pm.yaml', line, column: 3 };
    };
    const parts: DraftParts = {
      global: { user: 'bob' },
      processes: { web: { scale: 1000 }, api: { nice: 99 }, other: {} },
    };
    expect(
      problemsOf(parts, { origin: { ...nowhere, positionOf } }).map(({ path, position }) => [path, position?.line]),
    ).toEqual([
      ['global.user', 2],
      ['processes.api.nice', 5],
      ['processes.web.scale', 9],
    ]);
  });

  test.each([
    ['a line that is none', 'A=1\nnonsense\n', '/app/x.env:2: expected NAME=value, got "nonsense"'],
    ['a quote that stays open', 'A="x', '/app/x.env:1: the quote of A is never closed'],
  ])('an env file with %s', (_what, text, message) => {
    const [problem] = problemsOf(
      { processes: { web: { env_file: ['x.env'] } } },
      { facts: factsOf({ readFile: () => text }) },
    );
    expect(problem).toMatchObject({ severity: 'error', path: 'processes.web.env_file[0]', message });
  });

  test('an env file that may not be read, with the reason in words', () => {
    const readFile = (): string => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    expect(problemsOf({ processes: { web: { env_file: ['/x'] } } }, { facts: factsOf({ readFile }) })[0]?.message).toBe(
      'cannot read the env file /x: permission denied',
    );
  });

  test('unknown names of --only', () => {
    const [problem] = problemsOf({ processes: { web: {} } }, { only: ['wbe'] });
    expect(problem).toMatchObject({
      severity: 'error',
      message: '--only: there is no process or bundle "wbe"',
      hint: 'Did you mean "web"?',
    });
  });

  test('a template that refers to ever longer names of itself', () => {
    const problems = problemsOf({
      templates: { 'a@': { depends_on: { 'a@%ix': {} } } },
      processes: { web: { depends_on: { 'a@1': {} } } },
    });
    expect(problems.some((problem) => problem.message.endsWith('cannot be the name of an instance'))).toBe(true);
  });
});

const warnings: readonly Row[] = [
  [
    'a variable that no shell expands',
    process({ command: 'run $HOME' }),
    'processes.web.command',
    '`$HOME` at character 5 stays as it is: no shell expands it',
    '${HOME}',
  ],
  [
    'a stop signal beside a stop command',
    process({ stop_command: 'stop', shutdown: { signal: 'SIGQUIT' } }),
    'processes.web.shutdown.signal',
    'SIGQUIT is never sent: "stop_command" stands instead of the stop signal',
    'Remove one',
  ],
  [
    'an optional dependency that does not exist',
    process({ depends_on: { wab: { optional: true } } }),
    'processes.web.depends_on.wab',
    'there is no process "wab" to depend on',
    'Did you mean "web"?',
  ],
  [
    'a dependency that is disabled',
    process({ depends_on: { db: {} } }, { db: { enabled: false } }),
    'processes.web.depends_on.db',
    '"web" will fail at boot: it needs "db", which is disabled',
    '"optional: true"',
  ],
  [
    'a dependency scaled to nothing',
    process({ depends_on: { db: {} } }, { db: { scale: 0 } }),
    'processes.web.depends_on.db',
    '"web" will fail at boot: it needs "db", which has "scale: 0"',
    'Enable it',
  ],
  [
    'a priority that a dependency overrides',
    process({ priority: 10, depends_on: { db: {} } }, { db: { priority: 20 } }),
    'processes.db.priority',
    '"db" has priority 20 but starts with priority 10: "web" depends on it',
    '"priority: 10"',
  ],
  [
    'one port for several instances',
    process({ scale: 3, ready: { port: 80 } }),
    'processes.web.ready.port',
    'all 3 instances are asked at the same port',
    '${PORT}',
  ],
  [
    'one file for several instances',
    process({ scale: 2, ready: { file: '/run/up' } }),
    'processes.web.ready.file',
    'all 2 instances are asked at the same file',
    '${PM_INSTANCE}',
  ],
  [
    'a oneshot that can be reloaded',
    process({ type: 'oneshot', reload_signal: 'SIGHUP' }),
    'processes.web.reload_signal',
    'a oneshot is rarely there to be reloaded',
    'longrun',
  ],
];

describe('the meaning gate warns of', () => {
  test.each(warnings.map(toCase))('$what', ({ parts, path, message, hint }) => {
    const { plan, diagnostics } = buildPlan(draftOf(parts), contextOf());
    const found = diagnostics.filter((problem) => problem.path === path);
    expect(found).toMatchObject([{ severity: 'warning', message }]);
    expect(found[0]?.hint).toContain(hint);
    expect(plan).toBeDefined();
  });

  test('a stop that does not fit into its budget, with the number to set', () => {
    const { diagnostics } = buildPlan(
      draftOf({
        processes: {
          nginx: { depends_on: { fpm: {} } },
          fpm: { shutdown: { timeout: 20_000 } },
          off: { enabled: false, shutdown: { timeout: 999_000 } },
        },
        hooks: { pre_stop: [{ command: 'x', timeout: 10_000 }] },
      }),
      contextOf(),
    );
    expect(diagnostics).toMatchObject([
      {
        severity: 'warning',
        path: 'global.shutdown_timeout',
        message: 'a stop may take 1m (nginx 30s → fpm 20s + global hooks 10s), but everything is killed after 30s',
      },
    ]);
    expect(diagnostics[0]?.hint).toContain('terminationGracePeriodSeconds / stop_grace_period to 65 s');
  });
});

describe('the meaning gate accepts', () => {
  test.each<[string, DraftParts]>([
    ['an ordinary process', process({})],
    ['a priority that nobody wrote being overridden', process({ priority: 10, depends_on: { db: {} } }, { db: {} })],
    [
      'an optional dependency that is disabled',
      process({ depends_on: { db: { optional: true } } }, { db: { enabled: false } }),
    ],
    [
      'ports that lie side by side',
      process({ port_base: 8000, scale: 2 }, { api: { port_base: 8002 }, off: { port_base: 8000, enabled: false } }),
    ],
    ['conflicts where one is on demand', process({ conflicts_with: ['alt'] }, { alt: { initial_state: 'stopped' } })],
    [
      'conflicts where a condition decides',
      process({ conflicts_with: ['alt'] }, { alt: { only_if: { env: { name: 'ALT' } } } }),
    ],
    ['a oneshot that is repeated until it succeeds', process({ type: 'oneshot', restart: 'on-failure' })],
    ['a file per instance', process({ scale: 2, ready: { file: '/run/${PM_INSTANCE}' } })],
    ['SIGWINCH, on which Apache drains', process({ shutdown: { signal: 'SIGWINCH' } })],
    [
      'a template whose values wait for the name',
      { templates: { 'vpn@': { user: 'vpn-%i', command: 'openvpn %i', depends_on: { 'net-%i': {} } } } },
    ],
    ['one bundle twice inside another', { ...process({}), bundles: { a: ['b', 'b', 'web'], b: ['web'] } }],
    ['a name that only looks like an instance', process({}, { 'web-x': {}, 'web-01': {} })],
    [
      'a terminal whose output is hidden whole',
      process({ tty: true, logging: { stdout: false, stderr: false, sections: {} } }),
    ],
  ])('%s', (_what, parts) => {
    expect(problemsOf(parts)).toEqual([]);
  });
});
