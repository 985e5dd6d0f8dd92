import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../config/diagnostic.ts';
import type { MachineFacts } from './context.ts';
import { deepChecks } from './deep-checks.ts';
import { contextOf, factsOf, planOf } from './fixtures/drafts.ts';
import type { DraftParts } from './fixtures/drafts.ts';

/** A machine on which `missing` are not installed and `plain` may not be executed. */
function machine(changes: Partial<MachineFacts> = {}): MachineFacts {
  return factsOf({
    findCommand: (program) => {
      if (program.includes('missing') || program === 'cd')
        return { errno: 'ENOENT', reason: `"${program}" is in none of the directories of PATH` };
      return program === '/app/plain'
        ? { errno: 'EACCES', reason: '/app/plain may not be executed' }
        : { path: `/usr/bin/${program}` };
    },
    isDirectory: (path) => !path.includes('gone'),
    exists: (path) => !path.includes('gone'),
    ...changes,
  });
}

function check(parts: DraftParts, facts: MachineFacts = machine()): readonly Diagnostic[] {
  return deepChecks(planOf(parts, { facts }), contextOf({ facts }));
}

const brief = (found: readonly Diagnostic[]): readonly string[] =>
  found.map(({ severity, path }) => `${severity} ${path}`);

describe('a missing file', () => {
  test('for stdin is an error where the boot starts it at once', () => {
    expect(check({ processes: { web: { stdin: '/gone/in' } } })).toMatchObject([
      { severity: 'error', path: 'processes.web.stdin', message: 'there is no file /gone/in' },
    ]);
    expect(check({ processes: { web: { stdin: '/there' }, api: { stdin: 'inherit' } } })).toEqual([]);
  });

  test('or directory of a hook is told with the hook’s name', () => {
    const hooks = { post_start: [{ command: 'x', name: 'warm', working_dir: '/gone' }] };
    expect(check({ processes: { web: { hooks } } })).toMatchObject([
      { severity: 'warning', message: 'hook "warm": the directory /gone does not exist' },
    ]);
  });
});

describe('a missing program', () => {
  test('is an error where the boot starts it at once, with what to do', () => {
    expect(check({ processes: { web: { command: 'missing -x' } } })).toEqual([
      {
        severity: 'error',
        path: 'processes.web.command',
        message: 'cannot run "missing": "missing" is in none of the directories of PATH',
        hint: 'Install it in the image, correct the name, or write its full path.',
      },
    ]);
  });

  test.each<[string, DraftParts]>([
    [
      'a oneshot runs before it',
      { processes: { web: { command: 'missing', depends_on: { build: {} } }, build: { type: 'oneshot' } } },
    ],
    [
      'a oneshot runs before what it needs',
      {
        processes: {
          web: { command: 'missing', depends_on: { mid: {} } },
          mid: { depends_on: { build: {} } },
          build: { type: 'oneshot' },
        },
      },
    ],
    [
      'a hook of its own runs before it',
      { processes: { web: { command: 'missing', hooks: { pre_start: [{ command: 'x' }] } } } },
    ],
    [
      'a hook of what it needs runs before it',
      { processes: { web: { command: 'missing', depends_on: { db: {} } }, db: { pre_script: '/x' } } },
    ],
    [
      'a global hook runs before everything',
      { hooks: { pre_start: [{ command: 'x' }] }, processes: { web: { command: 'missing' } } },
    ],
    ['a condition decides whether it runs', { processes: { web: { command: 'missing', only_if: { file: '/x' } } } }],
    ['it is started on demand', { processes: { web: { command: 'missing', initial_state: 'stopped' } } }],
  ])('is a warning where %s', (_why, parts) => {
    expect(brief(check(parts))).toEqual(['warning processes.web.command']);
  });

  test('of a disabled process is no news', () => {
    expect(check({ processes: { web: { command: 'missing', enabled: false } } })).toEqual([]);
  });

  test('that is a word of the shell is told to be one', () => {
    expect(check({ processes: { web: { command: ['cd', '/app'] } } })[0]?.hint).toBe(
      '"cd" is a word of the shell: set "shell: true".',
    );
  });

  test('that is there but may not be executed is told so', () => {
    expect(check({ processes: { web: { command: ['/app/plain'] } } })[0]).toMatchObject({
      message: 'cannot run "/app/plain": /app/plain may not be executed',
      hint: 'Make it executable (chmod +x), or name the file itself.',
    });
  });

  test('is looked for with the PATH and in the directory that the process will have', () => {
    const asked: unknown[] = [];
    const findCommand: MachineFacts['findCommand'] = (...question) => (asked.push(question), { path: '/x' });
    check(
      {
        processes: {
          a: {},
          b: { env: { PATH: '/opt' }, working_dir: '/srv', command: './run' },
          c: { command: 'x', shell: true },
        },
      },
      machine({ findCommand }),
    );
    expect(asked).toEqual([
      ['true', '/usr/bin', '/app'],
      ['./run', '/opt', '/srv'],
      ['/bin/sh', '/usr/bin', '/app'],
    ]);
  });

  test('whose name only the instance knows is left to its start', () => {
    expect(
      check({
        processes: {
          web: { command: 'missing-${PM_INSTANCE}' },
          api: { command: './missing', working_dir: '/gone/${PM_INSTANCE}' },
        },
      }),
    ).toEqual([]);
  });

  test('of anything else than the process itself is a warning', () => {
    const web = {
      stop_command: 'missing',
      reload_command: 'missing',
      ready: { command: 'missing' },
      only_if: { command: 'missing' },
      skip_if: { command: 'missing' },
      hooks: { post_start: [{ command: 'missing' }], finish: [{ command: 'missing', name: 'note' }] },
    };
    const found = check({ processes: { web } });
    expect(brief(found)).toEqual(
      [
        'stop_command',
        'reload_command',
        'ready.command',
        'only_if.command',
        'skip_if.command',
        'hooks.post_start',
        'hooks.finish',
      ].map((key) => `warning processes.web.${key}`),
    );
    expect(found.at(-1)?.message).toBe(
      'hook "note": cannot run "missing": "missing" is in none of the directories of PATH',
    );
  });

  test('of the first global pre_start hook is an error: the boot would end there', () => {
    const parts: DraftParts = {
      hooks: { pre_start: [{ command: 'missing' }, { command: 'missing' }], post_stop: [{ command: 'missing' }] },
    };
    expect(brief(check(parts))).toEqual([
      'error hooks.pre_start',
      'warning hooks.pre_start',
      'warning hooks.post_stop',
    ]);
    expect(brief(check({ hooks: { pre_start: [{ command: 'missing', continue_on_error: true }] } }))).toEqual([
      'warning hooks.pre_start',
    ]);
  });
});

test('a missing working directory is told once, not again as a missing program', () => {
  expect(check({ processes: { web: { command: './missing', working_dir: '/gone' } } })).toMatchObject([
    { severity: 'error', path: 'processes.web.working_dir', message: 'the directory /gone does not exist' },
  ]);
});

test('a change of user without root is warned of', () => {
  const parts: DraftParts = { processes: { web: { user: 'www-data' } } };
  expect(check(parts, machine({ uid: 1000 }))).toMatchObject([
    {
      severity: 'warning',
      path: 'processes.web.user',
      message: 'running "web" as "www-data" needs root, but the supervisor runs as uid 1000',
    },
  ]);
  expect(check(parts, machine({ uid: 33 }))).toEqual([]);
});

test('an instance of a template is checked at the template', () => {
  expect(
    brief(
      check({ templates: { 'vpn@': { command: 'missing-%i' } }, processes: { web: { depends_on: { 'vpn@eu': {} } } } }),
    ),
  ).toEqual(['error templates.vpn@.command']);
});
