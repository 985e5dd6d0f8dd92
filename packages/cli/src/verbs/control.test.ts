import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diff, Operation } from '@pm-supervisor/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  runPm,
  sendJson,
  sendProblem,
  sendStream,
  startDaemon,
  toOperation,
  toProcess,
  toStatus,
  type Answer,
  type Ended,
} from '../testing/fake-daemon.ts';

type Answers = Readonly<Record<string, Answer>>;

async function pm(
  argv: readonly string[],
  answers: Answers,
  more: Parameters<typeof runPm>[1] = {},
): Promise<Ended & { requests: readonly string[] }> {
  const { socket, requests } = await startDaemon(answers);
  return { ...(await runPm(argv, { ...more, env: { PM_SOCKET: socket, ...more.env } })), requests };
}

function useFile(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'pm-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), text);
  return folder;
}

const noDiff: Diff = {
  added: [],
  removed: [],
  changed: [],
  unchanged: [],
  global_keys: [],
  plugins: { added: [], removed: [], changed: [] },
};

describe('pm status', () => {
  const broken = toProcess(
    { name: 'queue', state: 'BACKOFF' },
    {
      restarts: 3,
      reason: 'exit 78',
      last_exit: { code: 78, signal: null, at: '2026-01-01T01:02:01.000Z', text: 'exit 78' },
    },
  );
  const spare = toProcess({ name: 'spare', state: 'STOPPED', desired: 'down', instances: [] });

  test('a line for every instance; exit 0 when all is fine', async () => {
    expect(await pm(['status'], { 'GET /api/v1/status': toStatus(toProcess(), spare) })).toMatchObject({
      code: 0,
      err: '',
      out: [
        'pm 1.2.3: running for 1h2m, pid 1',
        '',
        'PROCESS  INSTANCE  STATE    READY  PID  UPTIME  RESTARTS   CPU    MEMORY',
        'web      web-1     READY    yes     71    1h2m         0  1.3%  45.1 MiB',
        'spare              STOPPED',
        '',
      ].join('\n'),
    });
  });

  test('exit 1 when something is not; what is wrong is said', async () => {
    const { code, out } = await pm(['status'], { 'GET /api/v1/status': toStatus(toProcess(), broken) });
    expect(code).toBe(1);
    expect(out).toContain('exit 78, 4s ago  exit 78\n');
  });

  test('names are resolved by the supervisor, and only those count', async () => {
    const answers: Answers = {
      'GET /api/v1/status': toStatus(toProcess(), broken),
      'GET /api/v1/processes': { processes: [toProcess()] },
    };
    const { code, out, requests } = await pm(['status', 'label=tier=front', 'web', '--json'], answers);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ processes: [{ name: 'web' }] });
    expect(requests).toContain('GET /api/v1/processes?usage=false&name=label%3Dtier%3Dfront%2Cweb');
  });

  test('a name that is none: the did-you-mean of the supervisor', async () => {
    const answers: Answers = {
      'GET /api/v1/status': toStatus(),
      'GET /api/v1/processes': (_, response) =>
        sendProblem(response, {
          status: 404,
          code: 'PM_COMMAND_UNKNOWN_TARGET',
          detail: 'there is no process "wbe"',
          hint: 'Did you mean "web"?',
        }),
    };
    expect(await pm(['status', 'wbe'], answers)).toMatchObject({
      code: 1,
      out: '',
      err: 'pm: there is no process "wbe"\n  Did you mean "web"?\n',
    });
  });

  test('exit 3 where no supervisor runs', async () => {
    expect(await runPm(['status', '--socket', '/nowhere/pm.sock'])).toEqual({
      code: 3,
      out: '',
      err: 'pm: no supervisor answers at /nowhere/pm.sock: there is no such socket\n  Start it with "pm run", or name another socket.\n',
    });
  });

  test('--watch shows it again after every change, until the supervisor stops', async () => {
    const looks = [
      { ...toStatus(toProcess()), seq: 1 },
      { ...toStatus(broken), seq: 2 },
    ];
    const answers: Answers = {
      'GET /api/v1/events': (_, response) =>
        sendStream(
          response,
          [
            ['snapshot', { ...toStatus(toProcess()), seq: 1 }],
            ['instance.changed', { seq: 2, at: '', type: 'instance.changed' }],
          ],
          'closing',
        ),
      'GET /api/v1/status': (_, response) => sendJson(response, looks.shift() ?? {}),
    };
    const { out, code } = await pm(['status', '--watch', '--json'], answers);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { processes: { name: string }[] }).processes[0]?.name),
    ).toEqual(['web', 'queue']);
    expect(code).toBe(0);
  });
});

describe('commands wait, and end with 1 where it is not as asked', () => {
  const failed = toProcess({ state: 'FAILED' }, { reason: 'exit 1' });
  const withReason = { ...failed, reason: 'gave up: exit 1' };
  test.each<[string[], string, Partial<Operation>, Ended]>([
    [['start', 'web'], 'POST /api/v1/processes/web/start', {}, { code: 0, out: 'web is READY (pid 71)\n', err: '' }],
    [
      ['start', 'web'],
      'POST /api/v1/processes/web/start',
      { changed: false },
      { code: 0, out: 'web is READY already (pid 71)\n', err: '' },
    ],
    [
      ['start', 'web'],
      'POST /api/v1/processes/web/start',
      { processes: [withReason] },
      { code: 1, out: '', err: 'pm: web is FAILED: gave up: exit 1\n' },
    ],
    [
      ['stop', 'web'],
      'POST /api/v1/processes/web/stop',
      { processes: [toProcess({ state: 'STOPPED' })] },
      { code: 0, out: 'web is STOPPED\n', err: '' },
    ],
    [['stop', 'web'], 'POST /api/v1/processes/web/stop', {}, { code: 1, out: '', err: 'pm: web is READY\n' }],
    [
      ['restart', 'web', 'queue'],
      'POST /api/v1/processes/web,queue/restart',
      { processes: [toProcess(), toProcess({ name: 'queue' })] },
      { code: 0, out: 'web is READY (pid 71)\nqueue is READY (pid 71)\n', err: '' },
    ],
    [['reload', 'web'], 'POST /api/v1/processes/web/reload', {}, { code: 0, out: 'web is reloaded\n', err: '' }],
    [['signal', 'web', 'HUP'], 'POST /api/v1/processes/web/signal', {}, { code: 0, out: 'HUP sent to web\n', err: '' }],
    [
      ['signal', 'web', 'HUP'],
      'POST /api/v1/processes/web/signal',
      { changed: false },
      { code: 1, out: '', err: 'pm: nothing of web runs that could get it\n' },
    ],
    [
      ['scale', 'web', '1'],
      'POST /api/v1/processes/web/scale',
      {},
      { code: 0, out: 'web has 1 instance: READY\n', err: '' },
    ],
    [
      ['scale', 'web', '-1'],
      'POST /api/v1/processes/web/scale',
      { processes: [toProcess({ scale: 0, state: 'STOPPED', instances: [] })] },
      { code: 0, out: 'web has 0 instances: STOPPED\n', err: '' },
    ],
    [
      ['remove', 'job'],
      'DELETE /api/v1/processes/job',
      { processes: [], diff: { ...noDiff, removed: ['job'] } },
      { code: 0, out: 'job removed\n', err: '' },
    ],
    [
      ['remove', 'label=owner=x'],
      'DELETE /api/v1/processes',
      { processes: [], changed: false, diff: noDiff },
      { code: 0, out: 'label=owner=x: nothing to remove\n', err: '' },
    ],
  ])('%j', async (argv, route, operation, expected) => {
    const { code, out, err } = await pm(argv, { [route]: toOperation(operation) });
    expect({ code, out, err }).toEqual(expected);
  });

  test('an instance that is named by itself is judged by itself', async () => {
    const [instance] = toProcess({ state: 'STOPPED' }, { id: 'web-2' }).instances;
    const web = toProcess({ instances: [...toProcess().instances, ...(instance === undefined ? [] : [instance])] });
    const { code, out } = await pm(['stop', 'web-2'], {
      'POST /api/v1/processes/web-2/stop': toOperation({ targets: ['web-2'], processes: [web] }),
    });
    expect({ code, out }).toEqual({ code: 0, out: 'web-2 is STOPPED\n' });
  });

  test('--no-wait: accepted is the answer', async () => {
    const running = toOperation({ state: 'running', command: 'restart' });
    const { code, out, requests } = await pm(['restart', 'web', '--no-wait', '--rolling'], {
      'POST /api/v1/processes/web/restart': running,
    });
    expect({ code, out, requests }).toEqual({
      code: 0,
      out: 'restart web: accepted (operation op1)\n',
      requests: ['POST /api/v1/processes/web/restart?rolling=true'],
    });
  });

  test('--timeout: it goes on, and that is exit 1', async () => {
    const running = toOperation({ state: 'running' });
    const answers: Answers = { 'POST /api/v1/processes/web/start': running, 'GET /api/v1/operations/op1': running };
    const { code, out, err } = await pm(['start', 'web', '--timeout', '20ms'], answers);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('start web: not done in time; it goes on (operation op1)');
  });

  test('--json: the operation', async () => {
    const { out } = await pm(['start', 'web', '--json'], { 'POST /api/v1/processes/web/start': toOperation() });
    expect(JSON.parse(out)).toMatchObject({ id: 'op1', processes: [{ name: 'web' }] });
  });

  test.each([
    [['scale', 'web', 'many'], '"many" is no number of instances'],
    [['start', 'web', '--timeout', '5x'], '--timeout: unknown unit "x"'],
    [['start'], "missing required argument 'name'"],
    [['wait', 'web', '--for', 'godot'], "option '--for <STATE>' argument 'godot' is invalid"],
    [['logs', '--tail', '-5'], '--tail -5 is no number of lines'],
    [['logs', '--level', 'loud'], "option '--level <LEVEL>' argument 'loud' is invalid"],
    [['events', '--since', 'x'], '--since x is no number of an event'],
    [['reload', 'web', '--dry-run'], '--dry-run is about the configuration'],
    [['apply', 'x.yaml'], "required option '--label <KEY=VALUE>' not specified"],
    [['status', '--socket', '/a', '--url', 'http://b'], '--socket and --url exclude each other'],
  ])('a wrong command line is 64, and asks nobody: %j', async (argv, message) => {
    const { code, out, err, requests } = await pm(argv, {});
    expect({ code, out, requests }).toEqual({ code: 64, out: '', requests: [] });
    expect(err).toContain(message);
  });
});

describe('pm reload, pm apply: what changes, a line each', () => {
  const diff: Diff = {
    added: ['new'],
    removed: ['old'],
    changed: [
      { name: 'web', keys: ['command', 'env'], restart: true },
      { name: 'queue', keys: ['scale'], restart: false },
    ],
    unchanged: ['db'],
    global_keys: ['log_level'],
    plugins: { added: [], removed: [], changed: ['api'] },
  };
  const lines = [
    '+ new',
    '- old',
    '~ web: command, env (restarts)',
    '~ queue: scale',
    '~ global.log_level',
    '~ plugin api',
  ];

  test('the configuration', async () => {
    const { code, out, requests } = await pm(['reload'], { 'POST /api/v1/config:reload': toOperation({ diff }) });
    expect({ code, out }).toEqual({ code: 0, out: `${[...lines, '6 changed, 1 unchanged'].join('\n')}\n` });
    expect(requests).toEqual(['POST /api/v1/config:reload?dry_run=false&wait=25000ms']);
  });

  test('a dry run changes nothing, and says so', async () => {
    const { out, requests } = await pm(['reload', '--dry-run'], {
      'POST /api/v1/config:reload': toOperation({ diff }),
    });
    expect(out).toContain('6 would change, 1 unchanged');
    expect(requests[0]).toContain('dry_run=true');
  });

  test('nothing', async () => {
    expect((await pm(['reload'], { 'POST /api/v1/config:reload': toOperation({ diff: noDiff }) })).out).toBe(
      'nothing changed\n',
    );
  });

  test('a broken configuration is told with every problem and its place', async () => {
    const problem = {
      status: 422,
      code: 'PM_CONFIG_INVALID',
      detail: 'pm.yaml has an error',
      errors: [
        {
          path: 'processes.web.comand',
          message: 'unknown key "comand"',
          hint: 'Did you mean "command"?',
          at: 'pm.yaml:3:5',
        },
      ],
    };
    const { code, err } = await pm(['reload'], {
      'POST /api/v1/config:reload': (_, response) => sendProblem(response, problem),
    });
    expect({ code, err }).toEqual({
      code: 1,
      err: 'pm: pm.yaml has an error\n  pm.yaml:3:5 processes.web.comand: unknown key "comand"\n    Did you mean "command"?\n',
    });
  });

  test('apply sends the set with its label', async () => {
    const cwd = useFile('set.yaml', 'processes:\n  a: {command: [x, "${WHO}"]}\n');
    const { code, requests } = await pm(
      ['apply', 'set.yaml', '--label', 'owner=x'],
      { 'POST /api/v1/processes:reconcile': toOperation({ diff }) },
      { cwd, env: { WHO: 'me' } },
    );
    expect(code).toBe(0);
    expect(requests).toEqual([
      'POST /api/v1/processes:reconcile?dry_run=false&wait=25000ms {"label":"owner=x","processes":{"a":{"command":["x","me"]}}}',
    ]);
  });
});

describe('pm add', () => {
  test('creates what others need first, and says what it did to each', async () => {
    const cwd = useFile(
      'jobs.yaml',
      'processes:\n  web: {command: [x], depends_on: {db: {condition: started}}}\n  db: {command: [y]}\n',
    );
    const answers: Answers = {
      'PUT /api/v1/processes/db': toOperation({
        processes: [toProcess({ name: 'db' })],
        diff: { ...noDiff, added: ['db'] },
      }),
      'PUT /api/v1/processes/web': toOperation({ changed: false, processes: [], diff: noDiff }),
      'GET /api/v1/processes': { processes: [toProcess()] },
    };
    const { code, out, requests } = await pm(['add', 'jobs.yaml'], answers, { cwd });
    expect({ code, out }).toEqual({ code: 0, out: 'db created: READY\nweb is unchanged: READY\n' });
    expect(requests.map((request) => request.split('?')[0])).toEqual([
      'PUT /api/v1/processes/db',
      'PUT /api/v1/processes/web',
      'GET /api/v1/processes',
    ]);
  });

  test('what is not started by itself may be down', async () => {
    const cwd = useFile('job.yaml', 'command: [x]\ninitial_state: stopped\n');
    const stopped = toProcess({ name: 'job', state: 'STOPPED', desired: 'down', instances: [] });
    const { code, out } = await pm(
      ['add', '--name', 'job', 'job.yaml'],
      { 'PUT /api/v1/processes/job': toOperation({ processes: [stopped], diff: { ...noDiff, added: ['job'] } }) },
      { cwd },
    );
    expect({ code, out }).toEqual({ code: 0, out: 'job created: STOPPED\n' });
  });

  test('what the gates refuse is shown where it stands in the file, and is 78', async () => {
    const cwd = useFile('job.yaml', 'command: [x]\nrestrat: never\n');
    const problem = {
      status: 422,
      code: 'PM_CONFIG_INVALID',
      detail: 'x',
      errors: [{ path: 'processes.job.restrat', message: 'unknown key "restrat"', hint: 'Did you mean "restart"?' }],
    };
    const { code, out, err } = await pm(
      ['add', '--name', 'job', 'job.yaml'],
      { 'PUT /api/v1/processes/job': (_, response) => sendProblem(response, problem) },
      { cwd },
    );
    expect({ code, out }).toEqual({ code: 78, out: '' });
    expect(err).toContain(
      'job.yaml:2:1 error processes.job.restrat: unknown key "restrat"\n  1 | command: [x]\n  2 | restrat: never\n    | ^',
    );
  });

  test('a file that is not there', async () => {
    const { code, err, requests } = await pm(['add', 'none.yaml'], {}, { cwd: '/nowhere' });
    expect({ code, requests }).toEqual({ code: 78, requests: [] });
    expect(err).toMatch(/^pm: none\.yaml /);
  });
});

describe('pm wait', () => {
  const waiting = (...states: Parameters<typeof toProcess>[0][]): Answers => {
    let look = 0;
    return {
      'GET /api/v1/processes': { processes: [toProcess()] },
      'GET /api/v1/events': (_, response) =>
        sendStream(response, [
          ['snapshot', { ...toStatus(), seq: 0, processes: states.slice(0, 1).map((state) => toProcess(state)) }],
          ...states
            .slice(1)
            .map(
              (_state, index) => ['instance.changed', { seq: index + 1, at: '', type: 'instance.changed' }] as const,
            ),
        ]),
      'GET /api/v1/status': (_, response) => {
        look = Math.min(look + 1, states.length - 1);
        sendJson(response, { ...toStatus(toProcess(states[look])), seq: look });
      },
    };
  };

  test.each<[string[], Parameters<typeof toProcess>[0][], number, string]>([
    [[], [{ state: 'READY' }], 0, ''],
    [[], [{ state: 'PENDING' }, { state: 'STARTING' }, { state: 'READY' }], 0, ''],
    [[], [{ state: 'COMPLETED' }], 0, ''],
    [[], [{ state: 'STARTING' }, { state: 'FAILED', reason: 'exit 1' }], 1, 'pm: web is FAILED: exit 1\n'],
    [['--for', 'completed'], [{ state: 'RUNNING' }, { state: 'COMPLETED' }], 0, ''],
    [['--for', 'completed'], [{ state: 'FAILED' }], 1, 'pm: web is FAILED\n'],
    [['--for', 'stopped'], [{ state: 'STOPPING' }, { state: 'FAILED' }], 0, ''],
    [
      ['--timeout', '30ms'],
      [{ state: 'BACKOFF', reason: 'exit 1' }],
      1,
      'pm: web is BACKOFF: exit 1\n  Not ready within 30ms.\n',
    ],
    [[], [{ name: 'other' }], 1, 'pm: web is STOPPED: it was removed\n'],
    [['--for', 'stopped'], [{ name: 'other' }], 0, ''],
  ])('%j over %j', async (options, states, expected, message) => {
    const { code, out, err } = await pm(['wait', 'web', ...options], waiting(...states));
    expect({ code, out, err }).toEqual({ code: expected, out: '', err: message });
  });
});

describe('pm health', () => {
  test.each<[string, Answer, number, string]>([
    ['all is ready', { status: 'ready', phase: 'running', waiting: [] }, 0, 'ok\n'],
    [
      'something is not',
      (_, response) =>
        sendJson(
          response,
          { status: 'not ready', phase: 'running', waiting: [{ process: 'web', state: 'BACKOFF', reason: 'exit 1' }] },
          503,
        ),
      1,
      'web is BACKOFF: exit 1\n',
    ],
    [
      'it boots',
      (_, response) => sendJson(response, { status: 'not ready', phase: 'booting', waiting: [] }, 503),
      1,
      'pm is booting\n',
    ],
  ])('%s', async (_, answer, code, out) => {
    expect(await pm(['health'], { 'GET /readyz': answer })).toMatchObject({ code, out, err: '' });
  });

  test('named processes: down is not healthy, even where nothing asks for it', async () => {
    const processes = [toProcess(), toProcess({ name: 'spare', state: 'STOPPED', desired: 'down', instances: [] })];
    expect(await pm(['health', 'web', 'spare'], { 'GET /api/v1/processes': { processes } })).toMatchObject({
      code: 1,
      out: 'spare is STOPPED\n',
    });
    expect(await pm(['health', 'web'], { 'GET /api/v1/processes': { processes: [toProcess()] } })).toMatchObject({
      code: 0,
      out: 'ok\n',
    });
  });

  test('no supervisor, or one that does not answer in time, is 1: Docker knows no other', async () => {
    expect((await runPm(['health', '--socket', '/nowhere/pm.sock'])).code).toBe(1);
    expect((await pm(['health', '--timeout', '20ms'], { 'GET /readyz': () => undefined })).code).toBe(1);
  });
});

describe('pm why', () => {
  const web = toProcess({ state: 'PENDING', depends_on: [{ process: 'db', condition: 'ready', optional: false }] });
  const db = toProcess(
    { name: 'db', state: 'FAILED' },
    { last_exit: { code: 1, signal: null, at: '2026-01-01T00:00:00Z', text: 'exit 1' } },
  );
  const line = (msg: string): object => ({
    time: '',
    process: 'db',
    instance: 'db-1',
    stream: 'stderr',
    level: 'error',
    msg,
  });
  const answers: Answers = {
    'GET /api/v1/status': toStatus(web, db),
    'GET /api/v1/processes': { processes: [web] },
    'GET /api/v1/logs': (request, response) =>
      sendJson(response, {
        limit: 20,
        count: 2,
        logs: request.url?.includes('db-1') === true ? [line('disk \u001B[31mfull'), line(' ')] : [],
      }),
  };

  test('the chain in words, with the last output of its causes', async () => {
    expect(await pm(['why', 'web'], answers)).toMatchObject({
      code: 1,
      out: 'web is waiting for db to be ready; db has failed: exit 1, last output: disk full.\n',
      err: '',
    });
  });

  test('--json: the links', async () => {
    const { out } = await pm(['why', 'web', '--json'], answers);
    expect(JSON.parse(out)).toMatchObject([
      {
        name: 'web',
        chain: [
          { process: 'web', waitsFor: ['db'] },
          { process: 'db', instance: 'db-1', state: 'FAILED' },
        ],
      },
    ]);
  });

  test('of what is fine it says that, with exit 0', async () => {
    const fine: Answers = {
      ...answers,
      'GET /api/v1/status': toStatus(toProcess()),
      'GET /api/v1/processes': { processes: [toProcess()] },
    };
    expect(await pm(['why', 'web'], fine)).toMatchObject({ code: 0, out: 'web is ready for 1h2m.\n' });
  });
});

describe('pm logs', () => {
  const line = (msg: string, level = 'info'): object => ({
    time: '2026-01-01T00:00:00.000Z',
    process: 'web',
    instance: 'web-1',
    stream: 'stdout',
    level,
    msg,
  });
  const page = { limit: 100, count: 2, logs: [line('a \u001B[32mgreen\u001B[2J\u0007'), line('b', 'error')] };

  test('kept lines; a service may colour them, and nothing else', async () => {
    const { code, out, requests } = await pm(['logs', 'web', 'pm', '-n', '5', '--since', '5m', '--level', 'warn'], {
      'GET /api/v1/logs': page,
    });
    expect({ code, out }).toEqual({
      code: 0,
      out: '2026-01-01T00:00:00.000Z web-1 | a \u001B[32mgreen\u001B[0m\n2026-01-01T00:00:00.000Z web-1 | b\n',
    });
    expect(requests).toEqual(['GET /api/v1/logs?tail=5&since=5m&level=warn&name=web%2Cpm']);
  });

  test('--json: an object a line, as it is', async () => {
    const { out } = await pm(['logs', '--json'], { 'GET /api/v1/logs': page });
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text) as object),
    ).toEqual(page.logs);
  });

  test('-f ends well when the supervisor stops, and with 1 when the connection breaks', async () => {
    const stream = (end?: 'closing'): Answers => ({
      'GET /api/v1/logs': (_, response) => {
        sendStream(response, [['line', line('a')]], end);
        if (end === undefined) response.socket?.destroySoon();
      },
    });
    expect(await pm(['logs', '-f'], stream('closing'))).toMatchObject({
      code: 0,
      out: expect.stringContaining('| a\n') as string,
      err: '',
    });
    expect(await pm(['logs', '-f'], stream())).toMatchObject({
      code: 1,
      err: expect.stringContaining('broke in the middle') as string,
    });
  });
});

describe('pm events', () => {
  const spawned = {
    seq: 7,
    at: '2026-01-01T00:00:00Z',
    type: 'instance.spawned',
    process: 'web',
    instance: 'web-1',
    pid: 9,
  };
  const ready = {
    seq: 8,
    at: '2026-01-01T00:00:00Z',
    type: 'instance.ready',
    process: 'web',
    instance: 'web-1',
    after_ms: 1500,
  };
  const foreign = { seq: 9, at: '2026-01-01T00:00:01Z', type: 'heartbeat.missed', instance: 'web-1', count: 3 };

  test('in words; those of plugins as they are', async () => {
    const { out, requests } = await pm(['events', '--since', '6', '--type', 'instance.*', 'heartbeat.*'], {
      'GET /api/v1/events': { seq: 9, gap: false, events: [spawned, ready, foreign] },
    });
    expect(out.split('\n')).toEqual([
      '2026-01-01T00:00:00Z #7 instance.spawned: web-1 started (pid 9)',
      '2026-01-01T00:00:00Z #8 instance.ready: web-1 is ready after 1.5 s',
      '2026-01-01T00:00:01Z #9 heartbeat.missed: instance=web-1 count=3',
      '',
    ]);
    expect(requests).toEqual(['GET /api/v1/events?since=6&types=instance.*%2Cheartbeat.*&follow=false']);
  });

  test('-f: what happens, one JSON object a line; a gap is told beside it', async () => {
    const answers: Answers = {
      'GET /api/v1/events': (_, response) =>
        sendStream(
          response,
          [
            ['gap', { after: 1, oldest: 7 }],
            ['snapshot', toStatus()],
            ['instance.spawned', spawned],
          ],
          'closing',
        ),
    };
    const { code, out, err } = await pm(['events', '-f', '--since', '1', '--json'], answers);
    expect({ code, event: JSON.parse(out) as object, err }).toEqual({
      code: 0,
      event: spawned,
      err: 'pm: some of these events are no longer kept\n',
    });
  });

  test('an event that is not as it should be is shown all the same', async () => {
    const odd = { seq: 9, at: 'x', type: 'plan.applied' };
    expect((await pm(['events'], { 'GET /api/v1/events': { seq: 9, gap: false, events: [odd] } })).out).toBe(
      'x #9 plan.applied\n',
    );
  });
});

test('nothing that a service says steers the terminal', async () => {
  const evil = '\u001B]0;owned\u0007\u001B[2Jbad';
  const web = toProcess({ state: 'FAILED', reason: evil }, { reason: evil });
  const answers: Answers = {
    'GET /api/v1/status': toStatus(web),
    'GET /api/v1/processes': { processes: [web] },
    'GET /api/v1/logs': { limit: 20, count: 0, logs: [] },
    'POST /api/v1/processes/web/start': toOperation({ processes: [web] }),
    'POST /api/v1/processes/web/stop': (_, response) =>
      sendProblem(response, { status: 409, detail: evil, hint: evil }),
    'GET /readyz': (_, response) =>
      sendJson(
        response,
        { status: 'not ready', phase: 'running', waiting: [{ process: 'web', state: 'FAILED', reason: evil }] },
        503,
      ),
  };
  for (const argv of [['status'], ['why', 'web'], ['start', 'web'], ['stop', 'web'], ['health'], ['health', 'web']]) {
    const { code, out, err } = await pm(argv, answers);
    expect([code, out + err]).toEqual([1, expect.stringContaining('bad') as string]);
    expect(out + err).not.toMatch(/\p{Cc}(?<!\n)/u);
  }
});

test('pm plugins: a muted one is exit 1', async () => {
  const plugin = {
    name: 'api',
    key: 'api',
    reason: 'owned-key',
    from: 'bundled',
    requires: [],
    after: [],
    muted: false,
    failures: 0,
    taps: [
      { hook: 'plan.check', stage: 0, critical: false },
      { hook: 'plan.check', stage: 1, critical: false },
    ],
    provides: [],
    uses: [],
    keys: ['global.api_port'],
    timings_ms: { resolve: 1, setup: 1, layer: 1 },
  };
  const { code, out } = await pm(['plugins'], {
    'GET /api/v1/plugins': {
      plugins: [plugin, { ...plugin, name: 'slack', reason: 'config', muted: true, failures: 5, taps: [] }],
    },
  });
  expect({ code, out }).toEqual({
    code: 1,
    out: [
      'PLUGIN  STATE   FAILURES  FROM     BECAUSE                     TAPS',
      'api     active         0  bundled  global.api_port appears     plan.check',
      'slack   muted          5  bundled  named in the configuration',
      '',
    ].join('\n'),
  });
  expect((await pm(['plugins'], { 'GET /api/v1/plugins': { plugins: [] } })).out).toBe('no plugins\n');
});

test('every control verb explains itself with examples', async () => {
  for (const verb of [
    'status',
    'start',
    'stop',
    'restart',
    'reload',
    'signal',
    'scale',
    'add',
    'remove',
    'apply',
    'logs',
    'events',
    'why',
    'wait',
    'health',
    'plugins',
  ]) {
    const { code, out } = await runPm([verb, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/--socket <PATH>[\s\S]*--json[\s\S]*\nExamples:\n {2}\S/);
  }
});
