import { describe, expect, test } from 'vitest';
import { buildPlan } from './build.ts';
import { leastCpu } from './fixtures/least-cpu.ts';
import { contextOf, draftOf, factsOf, nowhere, planOf } from './fixtures/drafts.ts';
import type { DraftParts } from './fixtures/drafts.ts';
import type { BuildContext, Origin } from './context.ts';
import type { ProcessSpec, Provenance } from './spec.ts';

function specOf(
  draft: NonNullable<DraftParts['processes']>[string],
  parts: DraftParts = {},
  changes: Partial<BuildContext> = {},
): ProcessSpec {
  const spec = planOf({ ...parts, processes: { ...parts.processes, web: draft } }, changes).processes.get('web');
  if (spec === undefined) throw new Error('no web');
  return spec;
}

describe('defaults', () => {
  test('fill a process of which only the command is known', () => {
    expect(specOf({ command: 'nginx -g "daemon off;"' })).toEqual({
      name: 'web',
      source: 'file',
      type: 'longrun',
      enabled: true,
      initialState: 'running',
      command: { kind: 'argv', argv: ['nginx', '-g', 'daemon off;'] },
      env: {},
      os: { limits: {} },
      tty: false,
      stdin: { kind: 'null' },
      priority: 100,
      dependsOn: [],
      waitAfterMs: 0,
      conflictsWith: [],
      required: false,
      restart: {
        policy: 'always',
        backoff: { initialMs: 5000, factor: 2, maxMs: 60_000, jitter: 0.1 },
        maxAttempts: 3,
        stabilityWindowMs: 60_000,
      },
      successExitCodes: [0],
      scale: 1,
      maxScale: 100,
      readiness: { kind: 'spawned' },
      startTimeoutMs: 0,
      hooks: { preStart: [], postStart: [], preStop: [], postStop: [], finish: [] },
      shutdown: { signal: 'SIGTERM', timeoutMs: 30_000, killSignal: 'SIGKILL', killMode: 'mixed', graceful: true },
      labels: {},
      logging: { stdout: true, stderr: true, labels: {}, files: [], sections: {} },
      sections: {},
    });
  });

  test('fill global', () => {
    expect(planOf({}).global).toEqual({
      shutdownTimeoutMs: 30_000,
      onProcessFailure: 'continue',
      onIdle: 'exit',
      maxProcessScale: 100,
      logFormat: 'auto',
      logLevel: 'info',
      logTimestamps: true,
      logOverflow: 'block',
      logBuffer: 1000,
      zombieReapIntervalMs: 1000,
      env: {},
      sections: {},
    });
  });

  test('of a oneshot: required, and run once', () => {
    expect(specOf({ type: 'oneshot' })).toMatchObject({ required: true, restart: { policy: 'never' } });
    expect(specOf({ type: 'oneshot' }, { global: { restart_policy: 'on-failure' } }).restart.policy).toBe('on-failure');
    expect(specOf({ type: 'oneshot', required: false }).required).toBe(false);
  });

  test('of restarts come from global, key by key', () => {
    const global: DraftParts['global'] = {
      restart_policy: 'never',
      restart_backoff: { initial: 1000, factor: 3 },
      max_restart_attempts: -1,
      restart_stability_window: 5,
    };
    expect(specOf({}, { global }).restart).toEqual({
      policy: 'never',
      backoff: { initialMs: 1000, factor: 3, maxMs: 60_000, jitter: 0.1 },
      maxAttempts: -1,
      stabilityWindowMs: 5,
    });
    expect(
      specOf({ restart: 'on-failure', restart_backoff: { initial: 9000 }, max_restart_attempts: 0 }, { global })
        .restart,
    ).toEqual({
      policy: 'on-failure',
      backoff: { initialMs: 9000, factor: 3, maxMs: 60_000, jitter: 0.1 },
      maxAttempts: 0,
      stabilityWindowMs: 5,
    });
  });

  test('of the longest delay give way to a longer first one', () => {
    expect(specOf({ restart_backoff: { initial: 120_000 } }).restart.backoff).toMatchObject({
      initialMs: 120_000,
      maxMs: 120_000,
    });
  });

  test('of a start limit hold only where readiness is something to wait for', () => {
    const global = { process_start_timeout: 7000 };
    expect(specOf({ ready: { log: 'up' } }, { global }).startTimeoutMs).toBe(7000);
    expect(specOf({ ready: { external: 'healthchecks' } }, { global })).toMatchObject({
      startTimeoutMs: 7000,
      readiness: { kind: 'external', owner: 'healthchecks' },
    });
    expect(specOf({ ready: { after: 60_000 } }, { global }).startTimeoutMs).toBe(0);
  });

  test('of dependencies depend on the type of what is needed', () => {
    const web = specOf(
      {
        depends_on: { db: {}, migrate: {}, cache: { condition: 'started', timeout: 1, restart: true, optional: true } },
        wait_after: { db: 3000 },
      },
      { processes: { db: {}, migrate: { type: 'oneshot' }, cache: {} }, global: { dependency_timeout: 9000 } },
    );
    expect(web.waitAfterMs).toBe(0);
    expect(web.dependsOn).toEqual([
      { process: 'db', condition: 'ready', timeoutMs: 9000, restart: false, optional: false, waitAfterMs: 3000 },
      { process: 'migrate', condition: 'completed', timeoutMs: 9000, restart: false, optional: false, waitAfterMs: 0 },
      { process: 'cache', condition: 'started', timeoutMs: 1, restart: true, optional: true, waitAfterMs: 0 },
    ]);
    expect(specOf({ wait_after: 2000 }).waitAfterMs).toBe(2000);
  });

  test('of the kill mode: a shell does not pass signals on, so its group gets them', () => {
    expect(specOf({ command: 'a | b', shell: true })).toMatchObject({
      command: { kind: 'shell', line: 'a | b' },
      shutdown: { killMode: 'group' },
    });
    expect(specOf({ command: 'a | b', shell: '/bin/bash' })).toMatchObject({
      command: { argv: ['/bin/bash', '-c', 'a | b'] },
      shutdown: { killMode: 'group' },
    });
    expect(specOf({ command: 'a | b', shell: true, shutdown: { kill_mode: 'process' } }).shutdown.killMode).toBe(
      'process',
    );
  });
});

describe('what a process takes over from global', () => {
  const texts = new Map([
    ['/app/global.env', 'A=1\nB=1\nC=1\nD=1'],
    ['/srv/a.env', 'C=3\nD=3\nP=${PORT}'],
    ['/srv/b.env', 'D=4'],
  ]);
  const facts = factsOf({ readFile: (path) => texts.get(path) ?? '' });

  test('is the environment: global files, global env, own files, own env', () => {
    const global = { env_file: ['global.env'], env: { B: '2', C: '2', D: '2' } };
    const web = specOf({ working_dir: '/srv', env_file: ['a.env', 'b.env'], env: { E: '5' } }, { global }, { facts });
    expect(web.env).toEqual({ A: '1', B: '2', C: '3', D: '4', E: '5', P: '$${PORT}' });
  });

  test('is the working directory, from which relative paths start', () => {
    const global = { working_dir: 'srv' };
    const web = specOf(
      {
        log_file: ['a.log', '/b.log'],
        stdin: 'in',
        ready: { file: 'run/up' },
        only_if: { file: 'on' },
        pre_script: 'setup.sh',
      },
      { global },
    );
    expect(web).toMatchObject({
      workingDir: '/app/srv',
      stdin: { path: '/app/srv/in' },
      readiness: { path: '/app/srv/run/up' },
      onlyIf: { file: '/app/srv/on' },
      logging: { files: ['/app/srv/a.log', '/b.log'] },
      hooks: { preStart: [{ command: { argv: ['./setup.sh'] } }] },
    });
    expect(specOf({ working_dir: 'other' }, { global }).workingDir).toBe('/app/other');
  });

  test('is the user; a user of its own brings its own group', () => {
    const global = { user: 'www-data', group: 'www-data', umask: 0o27 };
    expect(specOf({}, { global }).os).toMatchObject({ credentials: { uid: 33, gid: 33 }, umask: 0o27 });
    const asked: unknown[] = [];
    const resolveUser: typeof facts.resolveUser = (...names) => (asked.push(names), factsOf().resolveUser(...names));
    specOf({ user: 'www-data' }, { global }, { facts: factsOf({ resolveUser }) });
    specOf({ group: 'www-data' }, { global: { user: 'www-data' } }, { facts: factsOf({ resolveUser }) });
    expect(asked).toEqual([
      ['www-data', 'www-data'],
      ['www-data', undefined],
      ['www-data', undefined],
      ['www-data', 'www-data'],
    ]);
  });

  test('asks for one user once', () => {
    let questions = 0;
    const resolveUser: typeof facts.resolveUser = (...names) => ((questions += 1), factsOf().resolveUser(...names));
    planOf(
      { processes: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}x`, { user: 'www-data' }])) },
      { facts: factsOf({ resolveUser }) },
    );
    expect(questions).toBe(1);
  });
});

test('operating system settings reach the spec under their own names', () => {
  const limits = { nofile: { soft: 10, hard: Infinity } };
  const web = specOf({
    nice: 5,
    oom_score_adj: -500,
    limits,
    resources: { memory_max: 1, cpu_max: 0.5, pids_max: 9 },
    max_memory: 7,
    port_base: 8000,
    labels: { a: 'b' },
  });
  expect(web).toMatchObject({
    os: { nice: 5, oomScoreAdj: -500, limits, resources: { memoryMax: 1, cpuMax: 0.5, pidsMax: 9 } },
    maxMemory: 7,
    portBase: 8000,
    labels: { a: 'b' },
  });
});

describe('hooks', () => {
  test('have defaults, and names for the log', () => {
    expect(
      planOf({
        hooks: {
          pre_start: [
            { command: 'a b' },
            {
              name: 'warm',
              command: ['c'],
              shell: false,
              timeout: 1,
              retry: 2,
              retry_delay: 3,
              continue_on_error: true,
              env: { X: '1' },
              working_dir: 'x',
              user: 'www-data',
            },
          ],
        },
      }).hooks.preStart,
    ).toEqual([
      {
        name: 'pre_start-1',
        command: { kind: 'argv', argv: ['a', 'b'] },
        timeoutMs: 30_000,
        retry: 0,
        retryDelayMs: 1000,
        continueOnError: false,
        env: {},
      },
      {
        name: 'warm',
        command: { kind: 'argv', argv: ['c'] },
        timeoutMs: 1,
        retry: 2,
        retryDelayMs: 3,
        continueOnError: true,
        env: { X: '1' },
        workingDir: '/app/x',
        credentials: { uid: 33, gid: 33, groups: [33], name: 'www-data' },
      },
    ]);
  });

  test('come after the scripts and the pre_stop_hook that stand for some', () => {
    const { hooks } = specOf({
      pre_script: '/pre.sh',
      post_script: '/post.sh',
      shutdown: { pre_stop_hook: { command: 'drain' } },
      hooks: {
        pre_start: [{ command: 'a' }],
        post_start: [{ command: 'b' }],
        pre_stop: [{ command: 'c' }],
        post_stop: [{ command: 'd' }],
        finish: [{ command: 'e' }],
      },
    });
    const names = Object.entries(hooks).map(([phase, list]) => [
      phase,
      list.map((hook: { name: string }) => hook.name),
    ]);
    expect(Object.fromEntries(names)).toEqual({
      preStart: ['pre_script', 'pre_start-1'],
      postStart: ['post_script', 'post_start-1'],
      preStop: ['pre_stop_hook', 'pre_stop-1'],
      postStop: ['post_stop-1'],
      finish: ['finish-1'],
    });
    expect(hooks.postStart.map((hook) => hook.delayMs)).toEqual([7000, undefined]);
    expect(specOf({ post_script: '/x', post_script_timeout: 100 }).hooks.postStart[0]?.delayMs).toBe(100);
  });
});

test('each kind of readiness has its source', () => {
  const sources = [
    { after: 1 },
    { fd: 3 },
    { notify: true as const },
    { log: '^up' },
    { file: '/up' },
    { port: 80 },
    { command: 'check it' },
  ];
  expect(sources.map((ready) => specOf({ ready }).readiness)).toEqual([
    { kind: 'after', delayMs: 1 },
    { kind: 'fd', fd: 3 },
    { kind: 'notify' },
    { kind: 'log', pattern: '^up' },
    { kind: 'file', path: '/up' },
    { kind: 'port', port: 80 },
    { kind: 'command', command: { kind: 'argv', argv: ['check', 'it'] } },
  ]);
});

test('stop, reload and conditions: texts of a process with a shell go to that shell, lists never', () => {
  const web = specOf({
    command: 'a | b',
    shell: true,
    stop_command: 'x > y',
    reload_command: ['x', '>'],
    skip_if: { command: 'test -f a || true', env: { name: 'N', value: 'v' } },
  });
  expect(web).toMatchObject({
    shutdown: { stopCommand: { kind: 'shell', line: 'x > y' } },
    reloadCommand: { kind: 'argv', argv: ['x', '>'] },
    skipIf: { command: { kind: 'shell', line: 'test -f a || true' }, env: { name: 'N', value: 'v' } },
  });
  expect(specOf({ reload_signal: 'SIGHUP', success_exit_codes: [0, 143, 'SIGTERM'] })).toMatchObject({
    reloadSignal: 'SIGHUP',
    successExitCodes: [0, 143, 'SIGTERM'],
  });
});

describe('the boot', () => {
  const parts: DraftParts = {
    processes: {
      nginx: { depends_on: { fpm: {} } },
      fpm: { depends_on: { cache: {}, stats: { optional: true } } },
      cache: { initial_state: 'stopped' },
      stats: { initial_state: 'stopped' },
      vpn: { initial_state: 'stopped' },
      old: { enabled: false },
      worker: { depends_on: { cache: {} } },
    },
    bundles: { web: ['nginx'], back: ['worker', 'web', 'worker'] },
  };

  test('starts what is enabled and running, in start order, and what that needs, even on demand', () => {
    expect(planOf(parts).booting).toEqual(['cache', 'fpm', 'worker', 'nginx']);
  });

  test('starts only the bundle "default" and what it needs, where there is one', () => {
    expect(planOf({ ...parts, bundles: { ...parts.bundles, default: ['web', 'vpn', 'old'] } }).booting).toEqual([
      'cache',
      'fpm',
      'nginx',
    ]);
    expect(planOf({ ...parts, bundles: { default: [] } }).booting).toEqual([]);
  });

  test('starts what was declared at run time, which neither the bundle "default" nor --only could name', () => {
    const sourceOf: Origin['sourceOf'] = (path) =>
      path.startsWith('processes.late') ? { layer: 'dynamic', from: 'run time' } : undefined;
    const late = { late: { depends_on: { cache: {} } }, 'late-on-demand': { initial_state: 'stopped' as const } };
    const whole = { ...parts, processes: { ...parts.processes, ...late } };
    const origin = { ...nowhere, sourceOf };
    const bundled = planOf({ ...whole, bundles: { default: ['vpn'] } }, { origin });
    expect(bundled.booting).toEqual(['cache', 'late']);
    const narrowed = planOf(whole, { origin, only: ['old'] });
    expect([...narrowed.processes.keys()]).toEqual(['cache', 'old', 'late', 'late-on-demand']);
    expect(narrowed.booting).toEqual(['cache', 'old', 'late']);
  });

  test('does not start a disabled dependency', () => {
    expect(planOf({ processes: { a: { depends_on: { b: {} } }, b: { enabled: false } } }).booting).toEqual(['a']);
  });

  test('of --only keeps what is named and what it needs, and nothing else', () => {
    const plan = planOf(parts, { only: ['web', 'old'] });
    expect([...plan.processes.keys()]).toEqual(['nginx', 'fpm', 'cache', 'old']);
    expect(plan.booting).toEqual(['cache', 'old', 'fpm', 'nginx']);
    expect([...plan.bundles]).toEqual([
      ['web', ['nginx']],
      ['back', ['nginx']],
    ]);
    expect(plan.order).toEqual([['cache', 'old'], ['fpm'], ['nginx']]);
  });

  test('of --only does not complain about what is left out', () => {
    const broken: DraftParts = {
      processes: { web: { depends_on: { redis: { optional: true } } }, redis: { user: 'redis', command: [] } },
    };
    expect(buildPlan(draftOf(broken), contextOf({ only: ['web'] })).diagnostics).toEqual([]);
  });

  test('of --only starts what is named even when its declaration would not', () => {
    expect(planOf(parts, { only: ['vpn'] }).booting).toEqual(['vpn']);
  });
});

describe('bundles', () => {
  test('are taken apart, each process once', () => {
    const plan = planOf({
      processes: { a: {}, b: {}, c: {} },
      bundles: { all: ['b', 'rest', 'b'], rest: ['a', 'c', 'b'] },
    });
    expect([...plan.bundles]).toEqual([
      ['all', ['b', 'a', 'c']],
      ['rest', ['a', 'c', 'b']],
    ]);
  });
});

describe('templates', () => {
  const templates: DraftParts['templates'] = {
    'vpn@': {
      command: ['openvpn', '--config', '%i.conf'],
      env: { NAME: '%i' },
      labels: { link: '%i' },
      depends_on: { 'net@%i': {} },
    },
    'net@': { command: 'net %i', initial_state: 'stopped' },
  };

  test('become processes where something refers to an instance of them, with what that needs', () => {
    const plan = planOf({
      templates,
      processes: { web: { depends_on: { 'vpn@eu': {} } } },
      bundles: { links: ['vpn@us'] },
    });
    expect([...plan.processes.keys()].toSorted()).toEqual(['net@eu', 'net@us', 'vpn@eu', 'vpn@us', 'web']);
    expect(plan.processes.get('vpn@eu')).toMatchObject({
      source: 'file',
      command: { argv: ['openvpn', '--config', 'eu.conf'] },
      env: { NAME: 'eu' },
      labels: { link: 'eu' },
      dependsOn: [{ process: 'net@eu' }],
    });
  });

  test('become dynamic processes where a command asks for them', () => {
    const plan = planOf({ templates }, { instantiate: ['vpn@eu'] });
    expect([...plan.processes.values()].map(({ name, source }) => [name, source])).toEqual([
      ['vpn@eu', 'dynamic'],
      ['net@eu', 'file'],
    ]);
  });

  test('stay as they are in the plan', () => {
    expect(planOf({ templates }).templates.get('vpn@')).toMatchObject({ env: { NAME: '%i' } });
    expect([...planOf({ templates }).processes]).toEqual([]);
  });
});

test('a process that could be scaled into the name of another cannot be scaled that far', () => {
  const plan = planOf({ processes: { queue: {}, 'queue-3': {}, 'queue-7': {} } });
  expect(plan.processes.get('queue')?.maxScale).toBe(2);
});

test('shutdown_timeout: auto is the longest stop with the global hooks', () => {
  const plan = planOf({
    global: { shutdown_timeout: 'auto' },
    hooks: { post_stop: [{ command: 'x', timeout: 500 }] },
    processes: {
      a: { depends_on: { b: {} }, shutdown: { timeout: 2000 } },
      b: { shutdown: { timeout: 3000 } },
      c: { shutdown: { timeout: 4000 } },
    },
  });
  expect(plan.global.shutdownTimeoutMs).toBe(5500);
});

test('the source of a process is who wrote its command', () => {
  const layers = new Map<string, Provenance['layer']>([
    ['processes.horizon.command', 'plugin'],
    ['processes.extra.command', 'dynamic'],
    ['processes.web.command', 'env'],
  ]);
  const sourceOf = (path: string): Provenance => ({ layer: layers.get(path) ?? 'file', from: 'x' });
  const plan = planOf({ processes: { horizon: {}, extra: {}, web: {} } }, { origin: { ...nowhere, sourceOf } });
  expect([...plan.processes.values()].map((spec) => spec.source)).toEqual(['plugin', 'dynamic', 'file']);
});

test('plugins are those that the draft leaves on, or those that the host found', () => {
  const plugins = [
    { name: 'cron', enabled: true, options: { a: 1 } },
    { name: 'metrics', enabled: false },
  ];
  expect(planOf({ plugins }).plugins).toEqual([{ name: 'cron', options: { a: 1 }, reason: 'config' }]);
  expect(planOf({ plugins }, { plugins: [{ name: 'logs', options: undefined, reason: 'owned-key' }] }).plugins).toEqual(
    [{ name: 'logs', options: undefined, reason: 'owned-key' }],
  );
});

describe('a plan', () => {
  test('is frozen to its depths, and its maps too', () => {
    const plan = planOf({ processes: { web: { env: { A: '1' } } }, bundles: { b: ['web'] }, templates: { 't@': {} } });
    const changes: readonly (() => unknown)[] = [
      () => ((plan as { name: string }).name = 'x'),
      () => Object.assign(plan.processes.get('web')?.env ?? {}, { A: '2' }),
      () => (plan.processes as Map<string, unknown>).delete('web'),
      () => (plan.bundles as Map<string, unknown>).set('x', []),
      () => (plan.bundles.get('b') as string[]).push('x'),
      () => ((plan.templates.get('t@') as { command: unknown }).command = 'x'),
      () => ((plan.global as { onIdle: string }).onIdle = 'stay'),
    ];
    for (const change of changes) expect(change).toThrow(TypeError);
  });

  test('shares nothing changeable with the draft, which stays as it was', () => {
    const draft = draftOf({ processes: { web: { labels: { a: '1' } } } });
    const before = structuredClone(draft);
    const { plan } = buildPlan(draft, contextOf());
    expect(draft).toEqual(before);
    Object.assign(draft.processes['web']?.labels ?? {}, { a: '2' });
    expect(plan?.processes.get('web')?.labels).toEqual({ a: '1' });
  });

  test('keeps what plugins parsed, whatever it is made of', () => {
    const pattern = /x/g;
    const web = specOf({ sections: { logs: { pattern, list: [1] } } });
    expect((web.sections as { logs: { pattern: RegExp } }).logs.pattern).toBe(pattern);
    expect(pattern.test('x')).toBe(true);
  });

  test('holds names like __proto__ as names', () => {
    const env = JSON.parse('{"__proto__": "1", "constructor": "2"}') as Record<string, string>;
    expect(Object.entries(specOf({ env }).env)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  test('does not ask for the place of every key until somebody wants to know', () => {
    let asked = 0;
    const provenance = new Map<string, Provenance>([['name', { layer: 'file', from: 'pm.yaml' }]]);
    const origin: BuildContext['origin'] = {
      ...nowhere,
      get provenance() {
        asked += 1;
        return provenance;
      },
    };
    const plan = planOf({ name: 'shop' }, { origin });
    expect(asked).toBe(0);
    expect([plan.name, plan.provenance]).toEqual(['shop', provenance]);
  });

  test('of 2,000 processes takes time in proportion', () => {
    const parts = (count: number): DraftParts => ({
      processes: Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `p${index}x`,
          { priority: index, depends_on: index === 0 ? {} : { [`p${index - 1}x`]: {} } },
        ]),
      ),
    });
    // Ten times as many: growing with the square would be a factor of 100.
    const grown = leastCpu(process.cpuUsage, () => expect(planOf(parts(2000)).booting).toHaveLength(2000));
    expect(grown / leastCpu(process.cpuUsage, () => expect(planOf(parts(200)).booting).toHaveLength(200))).toBeLessThan(
      50,
    );
  });
});
