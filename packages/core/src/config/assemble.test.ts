import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { assembleConfig } from './assemble.ts';
import type { Assembled } from './assemble.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Draft, ProcessDraft } from './draft.ts';
import type { Layer, RawMap } from './layer.ts';
import { parseYaml } from './parse-yaml.ts';
import { duration } from './schema/leaf.ts';
import { seedSnippets } from './seeds.fixture.ts';
import { createSectionRegistry } from './sections.ts';
import type { SectionOwner, SectionRegistry } from './sections.ts';

interface Surroundings {
  readonly env?: Record<string, string>;
  readonly registry?: SectionRegistry;
  readonly below?: readonly Layer[];
}

function assemble(
  text: string,
  { env = {}, registry = createSectionRegistry([]), below = [] }: Surroundings = {},
): Promise<Assembled> {
  const parsed = parseYaml(text, 'pm.yaml');
  expect(parsed.diagnostics).toEqual([]);
  const file: Layer = { layer: 'file', from: 'pm.yaml', value: parsed.value as RawMap, positionOf: parsed.positionOf };
  const sources = { env, readFile: (path: string): string => `content of ${path}\n` };
  return assembleConfig({ layers: [...below, file], registry, sources, texts: new Map([['pm.yaml', text]]) });
}

async function draftOf(text: string, surroundings?: Surroundings): Promise<Draft> {
  const { draft, diagnostics } = await assemble(text, surroundings);
  expect(diagnostics).toEqual([]);
  return draft ?? expect.unreachable('no draft and no diagnostics');
}

/** The draft of a process with these keys beside its command. */
async function processOf(keys: string, surroundings?: Surroundings): Promise<ProcessDraft | undefined> {
  return (await draftOf(`processes: {p: {command: [x], ${keys}}}`, surroundings)).processes['p'];
}

/** `line:column path: message | hint` of every problem. */
async function problemsOf(text: string, surroundings?: Surroundings): Promise<string[]> {
  const { draft, diagnostics } = await assemble(text, surroundings);
  expect(draft).toBeUndefined();
  return diagnostics.map(describeProblem);
}

function describeProblem({ position, source, path, message, hint }: Diagnostic): string {
  const place = position === undefined ? (source ?? '') : `${position.line}:${position.column}`;
  return `${place} ${path}: ${message}${hint === undefined ? '' : ` | ${hint}`}`;
}

async function problemOf(keys: string, surroundings?: Surroundings): Promise<string> {
  const command = keys.startsWith('command:') ? '' : 'command: [x], ';
  const [first, ...others] = await problemsOf(`processes: {p: {${command}${keys}}}`, surroundings);
  expect(others).toEqual([]);
  return (first ?? '').replace(/^\S+ processes\.p\./, '');
}

describe('values are normalised', () => {
  test.each<[string, Partial<ProcessDraft>]>([
    ['enabled: false', { enabled: false }],
    ['enabled: "true"', { enabled: true }],
    ['only_if: {env: ROLE=web, file: /x}', { only_if: { env: { name: 'ROLE', value: 'web' }, file: '/x' } }],
    ['skip_if: {env: ROLE}', { skip_if: { env: { name: 'ROLE' } } }],
    ['type: oneshot', { type: 'oneshot' }],
    ['shell: true', { shell: true }],
    ['shell: /bin/bash', { shell: '/bin/bash' }],
    ['stop_command: nginx -s quit', { stop_command: 'nginx -s quit' }],
    ['reload_signal: hup', { reload_signal: 'SIGHUP' }],
    ['user: 1000', { user: '1000' }],
    ['umask: 022', { umask: 0o22 }],
    ['umask: "0o027"', { umask: 0o27 }],
    ['env: {A: 1.10, B: true, C: ""}', { env: { A: '1.10', B: 'true', C: '' } }],
    ['env_file: .env', { env_file: ['.env'] }],
    [
      'limits: {nofile: 65536, core: unlimited, nproc: "1024:4096", memlock: 64MiB, as: {soft: 1, hard: 2}}',
      {
        limits: {
          nofile: { soft: 65_536, hard: 65_536 },
          core: { soft: Infinity, hard: Infinity },
          nproc: { soft: 1024, hard: 4096 },
          memlock: { soft: 67_108_864, hard: 67_108_864 },
          as: { soft: 1, hard: 2 },
        },
      },
    ],
    ['resources: {memory_max: 256MiB, cpu_max: 0.5}', { resources: { memory_max: 268_435_456, cpu_max: 0.5 } }],
    ['log_file: [/a, /b]', { log_file: ['/a', '/b'] }],
    ['depends_on: db', { depends_on: { db: {} } }],
    ['depends_on: [db, cache]', { depends_on: { db: {}, cache: {} } }],
    [
      'depends_on: {db: {condition: started, timeout: 1m}, cache: }',
      { depends_on: { db: { condition: 'started', timeout: 60_000 }, cache: {} } },
    ],
    ['wait_after: 5', { wait_after: 5000 }],
    ['wait_after: {db: 3s}', { wait_after: { db: 3000 } }],
    ['restart: unless-stopped', { restart: 'always' }],
    ['restart_backoff: 5', { restart_backoff: { initial: 5000 } }],
    ['restart_backoff: {factor: 3, jitter: 0.2}', { restart_backoff: { factor: 3, jitter: 0.2 } }],
    ['restart_backoff: 2, restart_backoff_max: 1m', { restart_backoff: { initial: 2000, max: 60_000 } }],
    ['success_exit_codes: [0, 143, sigterm]', { success_exit_codes: [0, 143, 'SIGTERM'] }],
    ['success_exit_codes: 3', { success_exit_codes: [3] }],
    ['ready: {after: 500ms}', { ready: { after: 500 } }],
    ['ready: {log: "listening on .*"}', { ready: { log: 'listening on .*' } }],
    ['post_script: /x.sh, post_script_timeout: 7', { post_script: '/x.sh', post_script_timeout: 7000 }],
    [
      'shutdown: {signal: QUIT, timeout: 30, kill_mode: group}',
      { shutdown: { signal: 'SIGQUIT', timeout: 30_000, kill_mode: 'group' } },
    ],
    ['stdout: false, stderr: true', { logging: { stdout: false, stderr: true, sections: {} } }],
    ['stdin: null', {}],
    ['priority: -5', { priority: -5 }],
  ])('%s', async (keys, expected) => {
    expect(await processOf(keys)).toEqual({ command: ['x'], sections: {}, ...expected });
  });

  test('global, bundles, templates and plugins', async () => {
    const draft = await draftOf(`
version: 1.0
name: shop
global: {shutdown_timeout: auto, restart_backoff_initial: 1s, runtime_dir: auto, log_level: warning}
bundles: {default: [web]}
templates: {"openvpn@": {command: "openvpn %i"}}
plugins: [laravel, {metrics: {port: 9090}}]
processes: {}
`);
    expect(draft).toEqual({
      version: '1.0',
      name: 'shop',
      global: { shutdown_timeout: 'auto', restart_backoff: { initial: 1000 }, log_level: 'warn', sections: {} },
      hooks: {},
      processes: {},
      bundles: { default: ['web'] },
      templates: { 'openvpn@': { command: 'openvpn %i', sections: {} } },
      plugins: [
        { name: 'laravel', enabled: true },
        { name: 'metrics', enabled: true, options: { port: 9090 } },
      ],
      sections: {},
    });
  });

  test('a plugin that is set to false is named and off', async () => {
    const { plugins } = await draftOf('plugins: {metrics: false, laravel: }');
    expect(plugins).toEqual([
      { name: 'metrics', enabled: false },
      { name: 'laravel', enabled: true },
    ]);
  });

  test('a key that nobody wrote is absent, and an empty one counts as not written', async () => {
    expect(await processOf('scale: , env: {A: }')).toEqual({ command: ['x'], env: {}, sections: {} });
  });

  test('a process may be called like something every object has', async () => {
    const { processes } = await draftOf('processes: {constructor: {command: [x]}, toString: {command: [y]}}');
    expect(Object.keys(processes)).toEqual(['constructor', 'toString']);
    expect(processes['hasOwnProperty']).toBeUndefined();
  });
});

describe('seeds', () => {
  test.each(Object.entries(seedSnippets))('%s loads unchanged', async (_, text) => {
    expect(Object.keys((await draftOf(text)).processes).length).toBeGreaterThan(0);
  });

  test('integer seconds and the one pre-stop hook are understood', async () => {
    const draft = await draftOf(seedSnippets['production readiness: horizon'] ?? '');
    expect(draft.global.shutdown_timeout).toBe(60_000);
    expect(draft.processes['horizon']?.shutdown).toEqual({
      pre_stop_hook: { command: ['php', 'artisan', 'horizon:terminate'], timeout: 60_000 },
      signal: 'SIGTERM',
      timeout: 120_000,
    });
  });

  test('dashed hook keys and flat output switches stand in their home', async () => {
    const draft = await draftOf(
      seedSnippets['production readiness: backoff, attempts, dashed hooks, output switches'] ?? '',
    );
    expect(draft.hooks.pre_start).toMatchObject([
      { name: 'config-cache', timeout: 60_000, retry: 3, retry_delay: 5000, continue_on_error: true },
    ]);
    expect(draft.processes['queue-default']).toMatchObject({
      env: { TRIES: '3' },
      logging: { stdout: true, stderr: true, min_level: 'info' },
    });
  });
});

describe('what is wrong is said where it is wrong', () => {
  test.each([
    ['scael: 4', 'scael: unknown key "scael" | Did you mean "scale"?'],
    ['min_level: info', 'min_level: unknown key "min_level" | "min_level" belongs under processes.p.logging.'],
    ['signal: SIGTERM', 'signal: unknown key "signal" | "signal" belongs under processes.p.shutdown.'],
    ['on_idle: exit', 'on_idle: unknown key "on_idle" | "on_idle" belongs under global.'],
    ['shutdown: {signl: TERM}', 'shutdown.signl: unknown key "signl" | Did you mean "signal"?'],
    ['hooks: {pre-strt: []}', 'hooks.pre-strt: unknown key "pre-strt" | Did you mean "pre_start"?'],
    [
      'depends_on: {db: {contition: ready}}',
      'depends_on.db.contition: unknown key "contition" | Did you mean "condition"?',
    ],
    ['scale: many', 'scale: expected a whole number of at least 0 such as 4, got "many"'],
    ['scale: 1.5', 'scale: expected a whole number of at least 0 such as 4, got 1.5'],
    ['nice: 20', 'nice: expected a whole number from -20 to 19 such as 10, got 20'],
    ['enabled: yes', 'enabled: expected true or false, got "yes" | YAML 1.2 reads this as text: write true.'],
    ['tty: off', 'tty: expected true or false, got "off" | YAML 1.2 reads this as text: write false.'],
    [
      'restart: allways',
      'restart: expected one of always, on-failure, never, unless-stopped, got "allways" | Did you mean "always"?',
    ],
    [
      'command: []',
      'command: the command is an empty list | Write the program and its arguments such as ["nginx", "-g", "daemon off;"].',
    ],
    ['command: ""', 'command: expected a command such as ["nginx", "-g", "daemon off;"], got ""'],
    [
      'command: "  "',
      'command: the command is empty | Write a list such as ["nginx", "-g", "daemon off;"], or one line.',
    ],
    ['command: ["", x]', 'command: the first word of the command is empty | The first word is the program.'],
    ['command: [x, [y]]', 'command[1]: expected text, got a list'],
    ['command: {a: b}', 'command: expected a command such as ["nginx", "-g", "daemon off;"], got a map'],
    [
      'command: ["x\\0y"]',
      'command[0]: contains a NUL character | No name, path or argument of an operating system can hold one.',
    ],
    ['working_dir: 5', 'working_dir: expected a folder, got 5 | Write it in quotes: "5".'],
    ['env: [A=1]', 'env: expected a map of variables, got a list'],
    [
      'env: {"A=B": 1}',
      'env."A=B": "A=B" cannot be the name of an environment variable | A name is not empty and has no "=".',
    ],
    ['umask: 999', 'umask: expected a umask such as "022", got "999" | Write octal digits in quotes: "022".'],
    ['limits: {nofile: lots}', 'limits.nofile: expected a limit such as 65536, 1024:65536 or unlimited, got "lots"'],
    ['limits: {nofile: "5:1"}', 'limits.nofile: the soft limit 5 is above the hard limit 1'],
    ['limits: {nofiles: 1}', 'limits.nofiles: unknown key "nofiles" | Did you mean "nofile"?'],
    ['ready: {}', 'ready: needs exactly one of after, fd, notify, log, file, port, command, has none'],
    [
      'ready: {port: 80, fd: 3}',
      'ready: needs exactly one of after, fd, notify, log, file, port, command, has port and fd',
    ],
    ['ready: {port: 70000}', 'ready.port: expected a whole number from 1 to 65535 such as 8080, got 70000'],
    [
      'ready: {notify: false}',
      'ready: notify: false says nothing | Leave "ready" out: a process is then ready once it is spawned.',
    ],
    ['only_if: {}', 'only_if: needs at least one of env, file, command'],
    ['only_if: {env: "1X"}', 'only_if.env: expected NAME or NAME=VALUE, got "1X"'],
    ['success_exit_codes: []', 'success_exit_codes: expected a list such as [0, 143, SIGTERM], got an empty list'],
    ['success_exit_codes: [300]', 'success_exit_codes[0]: expected a whole number from 0 to 255 such as 143, got 300'],
    ['hooks: {pre_start: {command: x}}', 'hooks.pre_start: expected a list of hooks, got a map'],
    [
      'hooks: {pre_start: [{timeout: 5}]}',
      'hooks.pre_start[0]: has no "command" | Expected a hook such as {command: [php, artisan, migrate]}.',
    ],
    ['shell: bash', 'shell: expected true, false or the path of a shell such as /bin/bash, got "bash"'],
    [
      'stdout: true, logging: {stdout: false}',
      'stdout: says the same as processes.p.logging.stdout, which is written too | Keep one of them; "processes.p.logging.stdout" is the name in the documentation.',
    ],
    ['shutdown: {signal: 9}', 'shutdown.signal: expected a signal such as SIGTERM, got 9 | Signals are given by name.'],
    [
      'max_memory: 512M',
      'max_memory: the unit "M" in "512M" is ambiguous | Write 512MiB (1024-based) or 512MB (1000-based).',
    ],
  ])('%s', async (keys, expected) => {
    expect(await problemOf(keys)).toBe(expected);
  });

  test('an invalid regular expression is refused with its reason', async () => {
    expect(await problemOf('ready: {log: "("}')).toMatch(/^ready\.log: not a regular expression: .*Unterminated group/);
  });

  test.each([
    [
      'processes: {"we\\0b": {command: [x]}}'.replace('\\0', '\\u0000'),
      /^1:13 processes\."we\\u0000b": "we\\u0000b" is not a name \| A name starts with a letter or digit/,
    ],
    ['processes: {"-x": {command: [x]}}', /^1:13 processes\.-x: "-x" is not a name/],
    [`processes: {${'x'.repeat(129)}: {command: [x]}}`, /is longer than 128 characters/],
    [
      'templates: {openvpn: {command: [x]}}',
      /^1:13 templates\.openvpn: the template name "openvpn" does not end with "@" \| A template openvpn@ is started/,
    ],
    ['processes: {web: }', /^1:13 processes\.web: has no "command" \| Expected a process such as/],
    ['processes: [web]', /^1:1 processes: expected a map of processes, got a list$/],
    [
      'processes: {web: nginx}',
      /^1:18 processes\.web: expected a process such as \{command: \[nginx\]\}, got "nginx"$/,
    ],
    ['version: "2.0"', /^1:10 version: expected version "1.0", got "2.0" \| It is the version of this format/],
    ['procesess: {}', /^1:1 procesess: unknown key "procesess" \| Did you mean "processes"\?$/],
    ['metrics: {}', /^1:1 metrics: unknown key "metrics" \| Plugins stand under "plugins": \{metrics: …\}\.$/],
    ['scale: 2', /^1:1 scale: unknown key "scale" \| "scale" belongs under processes\.NAME\.$/],
    ['plugins: [[x]]', /^1:11 plugins\[0\]: expected the name of a plugin, or \{name: options\}, got a list$/],
    ['plugins: laravel', /^1:10 plugins: expected a map or list of plugins, got "laravel"$/],
    ['bundles: {web: nginx}', /^1:16 bundles\.web: expected a list of names, got "nginx"$/],
  ])('%s', async (text, expected) => {
    const [problem, ...others] = await problemsOf(text);
    expect(others).toEqual([]);
    expect(problem).toMatch(expected);
  });

  test('all problems come at once, each with its line and a frame', async () => {
    const { diagnostics } = await assemble(
      'global:\n  log_levl: x\n  on_idle: nap\nprocesses:\n  web:\n    scale: -1\n    foo: 1\n    bar: 2\n',
    );
    expect(diagnostics.map((it) => `${it.position?.line}:${it.position?.column} ${it.path}`)).toEqual([
      '2:3 global.log_levl',
      '3:12 global.on_idle',
      '6:12 processes.web.scale',
      '7:5 processes.web.foo',
      '8:5 processes.web.bar',
      '5:3 processes.web',
    ]);
    expect(diagnostics[2]?.frame).toBe('4 | processes:\n5 |   web:\n6 |     scale: -1\n  |            ^');
  });

  test('a thousand unknown keys are counted, and soon', async () => {
    const startedAt = performance.now();
    const problems = await problemsOf(
      `processes:\n  p:\n    command: [x]\n${Array.from({ length: 5000 }, (_, index) => `    key${index}: 1\n`).join('')}`,
    );
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe(' : and 4900 more problems');
    expect(performance.now() - startedAt).toBeLessThan(8000);
  });
});

describe('interpolation in its place', () => {
  test('a typed key takes a variable, and an error of its value is said at the key', async () => {
    expect(await processOf('scale: "${N}", enabled: "${E:-false}"', { env: { N: '3' } })).toMatchObject({
      scale: 3,
      enabled: false,
    });
    expect(await problemOf('scale: "${N}"', { env: { N: 'x' } })).toBe(
      'scale: expected a whole number of at least 0 such as 4, got "x"',
    );
  });

  test('an unset variable is one error, not two', async () => {
    expect(await problemOf('scale: "${N}"')).toBe(
      'scale: the environment variable N is not set | Set it, give a default with ${N:-value}, or write $${N} for the text itself.',
    );
  });

  test('what is expanded is never parsed as YAML', async () => {
    expect(await processOf('working_dir: "${D}"', { env: { D: '/x\nuser: root' } })).toEqual({
      command: ['x'],
      working_dir: '/x\nuser: root',
      sections: {},
    });
  });

  test('files are read through the port', async () => {
    expect(await processOf('env: {KEY: "${file:/run/secrets/k}"}')).toMatchObject({
      env: { KEY: 'content of /run/secrets/k' },
    });
  });

  test('instance variables stay in what an instance expands, and are refused elsewhere', async () => {
    expect(await processOf('env: {A: "${PM_INSTANCE}"}, working_dir: "/x/${PM_INSTANCE_INDEX}"')).toMatchObject({
      env: { A: '${PM_INSTANCE}' },
      working_dir: '/x/${PM_INSTANCE_INDEX}',
    });
    expect(await problemOf('ready: {log: "${PM_INSTANCE} is up"}')).toMatch(/^ready\.log: PM_INSTANCE is known only/);
    expect(await problemOf('hooks: {finish: [{command: x, name: "${PM_INSTANCE}"}]}')).toMatch(
      /^hooks\.finish\[0\]\.name: PM_INSTANCE is known only/,
    );
    expect(await problemOf('labels: {a: "${PM_INSTANCE}"}')).toMatch(
      /^labels\.a: PM_INSTANCE is known only to a running instance, not here/,
    );
  });

  test('PORT is the instance’s in a process with port_base, and the environment’s in others', async () => {
    const env = { PORT: '80' };
    expect(await processOf('port_base: 9000, env: {A: "${PORT}"}', { env })).toMatchObject({ env: { A: '${PORT}' } });
    expect(await processOf('env: {A: "${PORT}"}', { env })).toMatchObject({ env: { A: '80' } });
  });
});

describe('sections of plugins', () => {
  const heartbeat: SectionOwner = {
    plugin: 'heartbeat',
    place: 'process',
    key: 'heartbeat',
    schema: v.strictObject({ url: v.string(), every: v.optional(duration(), '10s') }),
    aliases: ['beat'],
  };
  const withHeartbeat = { registry: createSectionRegistry([heartbeat]) };

  test('the parsed value stands under sections, with the schema’s defaults', async () => {
    expect((await processOf('heartbeat: {url: x}', withHeartbeat))?.sections).toEqual({
      heartbeat: { url: 'x', every: 10_000 },
    });
    expect((await processOf('beat: {url: x, every: 1m}', withHeartbeat))?.sections).toEqual({
      heartbeat: { url: 'x', every: 60_000 },
    });
  });

  test('a problem of the section has the place of the value', async () => {
    const [problem] = await problemsOf(
      'processes:\n  p:\n    command: [x]\n    heartbeat:\n      url: x\n      every: soon\n',
      withHeartbeat,
    );
    expect(problem).toBe(
      '6:14 processes.p.heartbeat.every: expected a duration such as 30s, got "soon" | A number is seconds; or 500ms, 5s, 1m30s, 2h.',
    );
  });

  test('two spellings of a section are refused', async () => {
    expect(await problemOf('heartbeat: {url: x}, beat: {url: y}', withHeartbeat)).toMatch(
      /^beat: says the same as processes\.p\.heartbeat, which is written too/,
    );
  });

  test('a misspelt section key is suggested', async () => {
    expect(await problemOf('hartbeat: {}', withHeartbeat)).toBe(
      'hartbeat: unknown key "hartbeat" | Did you mean "heartbeat"?',
    );
  });

  test('asynchronous schemas are awaited, throwing ones are reported as the plugin’s defect', async () => {
    const slow: SectionOwner = {
      plugin: 'slow',
      place: 'root',
      key: 'slow',
      schema: v.pipeAsync(
        v.string(),
        v.transformAsync((it) => Promise.resolve(`${it}!`)),
      ),
    };
    expect((await draftOf('slow: hi', { registry: createSectionRegistry([slow]) })).sections).toEqual({ slow: 'hi!' });
    const broken: StandardSchemaV1 = {
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: () => {
          throw new Error('oops');
        },
      },
    };
    const registry = createSectionRegistry([{ plugin: 'broken', place: 'global', key: 'b', schema: broken }]);
    expect(await problemsOf('global: {b: 1}', { registry })).toEqual([
      '1:13 global.b: the schema of plugin "broken" failed: oops | This is a defect of the plugin.',
    ]);
  });

  test('sections at every place are found', async () => {
    const any = v.unknown();
    const registry = createSectionRegistry(
      (['root', 'global', 'process', 'logging'] as const).map((place) => ({
        plugin: 'all',
        place,
        key: 'x',
        schema: any,
      })),
    );
    const draft = await draftOf(
      'x: 1\nglobal: {x: 2}\nprocesses: {p: {command: [a], x: 3, logging: {x: 4}}}\ntemplates: {"t@": {command: [a], x: 5}}\n',
      { registry },
    );
    expect([
      draft.sections,
      draft.global.sections,
      draft.processes['p']?.sections,
      draft.processes['p']?.logging?.sections,
      draft.templates['t@']?.sections,
    ]).toEqual([1, 2, 3, 4, 5].map((x) => ({ x })));
  });

  test.each([
    ['health_check: {}', 'health_check', 'healthchecks'],
    ['schedule: "@daily"', 'schedule', 'cron'],
    ['schedule_timezone: UTC', 'schedule_timezone', 'cron'],
    ['scale_locked: true', 'scale_locked', 'api'],
  ])('%s without its plugin names the plugin', async (keys, key, plugin) => {
    expect(await problemOf(keys)).toBe(
      `${key}: "${key}" belongs to plugin ${plugin}, which is not installed or switched off | Install @pm-supervisor/plugin-${plugin} (or remove "${plugin}: false" under plugins), or remove the key.`,
    );
  });

  test.each([
    'metrics_port',
    'metrics_acl',
    'resource_metrics_interval',
    'api_auth',
    'audit_enabled',
    'tracing_enabled',
    'readiness',
    'oneshot_history_size',
    'health_check_strict',
    'autotune_memory_threshold',
  ])('the flat key global.%s names its plugin', async (key) => {
    expect((await problemsOf(`global: {${key}: 1}`))[0]).toMatch(/belongs to plugin \w+, which is not installed/);
  });

  test('keys under logging name the plugin logs', async () => {
    expect(await problemOf('logging: {redaction: {}}')).toMatch(
      /^logging\.redaction: "redaction" belongs to plugin logs/,
    );
  });
});

describe('layers meet', () => {
  test('a plugin’s list and the user’s dashed spelling are one key', async () => {
    const preset: Layer = {
      layer: 'plugin',
      from: 'laravel',
      value: { hooks: { pre_start: [{ command: ['a'] }] }, global: { restart_backoff: 3, log_buffer: 5 } },
    };
    const draft = await draftOf('hooks: {pre-start: [{command: [b]}]}\nglobal: {restart_backoff_max: 9}', {
      below: [preset],
    });
    expect(draft.hooks).toEqual({ pre_start: [{ command: ['b'] }] });
    expect(draft.global).toEqual({ restart_backoff: { initial: 3000, max: 9000 }, log_buffer: 5, sections: {} });
  });

  test('an error in a plugin’s layer names the plugin', async () => {
    const preset: Layer = {
      layer: 'plugin',
      from: 'laravel',
      value: { processes: { web: { command: ['x'], scale: 'many' } } },
    };
    expect(await problemsOf('global: {}', { below: [preset] })).toEqual([
      'plugin laravel processes.web.scale: expected a whole number of at least 0 such as 4, got "many"',
    ]);
  });

  test('positions follow an alias to where it was written', async () => {
    const { merged } = await assemble('hooks:\n  pre-start:\n    - command: [x]\n      timeout: 5\n');
    expect(merged.positionOf('hooks.pre_start[0].timeout')).toEqual({ file: 'pm.yaml', line: 4, column: 16 });
  });
});
