import { createClient, type LogLine, type ProcessStatus, type Status } from '@pm-supervisor/client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Paint } from '../paint.ts';
import {
  sendProblem,
  sendStream,
  startDaemon,
  toInstance,
  toOperation,
  toProcess,
  toStatus,
  type Answer,
} from '../testing/fake-daemon.ts';
import type { Key } from './keys.ts';
import { countTableRows, drawScreen, type Size } from './screen.ts';
import { emptyState, update, type TopEffect, type TopState } from './state.ts';
import type { Terminal, TerminalEvents } from './terminal.ts';
import { runTop } from './top.ts';

const plain: Paint = (_, text) => text;
const marked: Paint = (format, text) => (format === 'inverse' ? `>${text.slice(0, -1)}` : text);

const web = toProcess();
const queue = toProcess({
  name: 'queue',
  scale: 2,
  instances: [
    toInstance({ id: 'queue-1', cpu_percent: 50, rss_bytes: 1024 }),
    toInstance({ id: 'queue-2', index: 2, cpu_percent: 20, rss_bytes: 2 ** 30 }),
  ],
});
const spare = toProcess({ name: 'spare', state: 'STOPPED', desired: 'down', instances: [] });

function show(...processes: ProcessStatus[]): TopState {
  return withStatus(emptyState, toStatus(...processes));
}

function withStatus(state: TopState, status: Status): TopState {
  return update(state, { type: 'status', status }).state;
}

function press(state: TopState, ...keys: Key[]): { readonly state: TopState; readonly effects: TopEffect[] } {
  const effects: TopEffect[] = [];
  let current = state;
  for (const key of keys) {
    const step = update(current, { type: 'key', key, page: 2 });
    current = step.state;
    if (step.effect !== undefined) effects.push(step.effect);
  }
  return { state: current, effects };
}

describe('top: what is chosen', () => {
  const all = show(web, queue, spare);

  test.each<[Key[], string]>([
    [[], 'web-1'],
    [['down'], 'queue-1'],
    [['j', 'j', 'j'], 'spare'],
    [['down', 'up'], 'web-1'],
    [['up'], 'web-1'],
    [['k'], 'web-1'],
    [['end'], 'spare'],
    [['end', 'down'], 'spare'],
    [['end', 'home'], 'web-1'],
    [['page-down'], 'queue-2'],
    [['page-down', 'page-down', 'page-down'], 'spare'],
    [['end', 'page-up'], 'queue-1'],
  ])('%j chooses %s', (keys, chosen) => expect(press(all, ...keys).state.chosen).toBe(chosen));

  test('stays chosen through every order; where it is gone, what stands in its place is', () => {
    const chosen = press(all, 'down', 'down').state;
    expect(press(chosen, 'o', 'o', 'o').state).toMatchObject({ chosen: 'queue-2', order: 'name' });
    const [first] = queue.instances;
    expect(
      withStatus(chosen, toStatus(web, { ...queue, instances: first === undefined ? [] : [first] }, spare)).chosen,
    ).toBe('spare');
    expect(withStatus(chosen, toStatus(web)).chosen).toBe('web-1');
    expect(withStatus(withStatus(chosen, toStatus()), toStatus(queue)).chosen).toBe('queue-1');
  });

  test('its lines are kept, those of another are not', () => {
    const line: LogLine = { time: '', process: 'web', instance: 'web-1', stream: 'stdout', level: 'info', msg: 'x' };
    const read = (state: TopState, instance: string): TopState => update(state, { type: 'line', instance, line }).state;
    const two = read(read(read(all, 'web-1'), 'queue-1'), 'web-1');
    expect(two.logs).toHaveLength(2);
    expect(press(two, 'down').state.logs).toEqual([]);
    let many = all;
    for (let lines = 0; lines < 600; lines += 1) many = read(many, 'web-1');
    expect(many.logs).toHaveLength(500);
  });
});

describe('top: what keys do', () => {
  const all = show(web, queue, spare);

  test.each<[Key[], TopEffect[]]>([
    [['q'], [{ type: 'quit' }]],
    [['ctrl-c'], [{ type: 'quit' }]],
    [['ctrl-z'], [{ type: 'suspend' }]],
    [['a'], [{ type: 'do', deed: { verb: 'start', target: 'web-1' } }]],
    [['end', 'a'], [{ type: 'do', deed: { verb: 'start', target: 'spare' } }]],
    [['down', '+'], [{ type: 'do', deed: { verb: 'scale', target: 'queue', by: 1 } }]],
    [['s'], []],
    [['s', 'y'], [{ type: 'do', deed: { verb: 'stop', target: 'web-1' } }]],
    [['r', 'enter'], [{ type: 'do', deed: { verb: 'restart', target: 'web-1' } }]],
    [['down', '-', 'y'], [{ type: 'do', deed: { verb: 'scale', target: 'queue', by: -1 } }]],
    [['s', 'other', 'y'], []],
    [['s', 'q', 'q'], [{ type: 'quit' }]],
    [['s', 'ctrl-c'], [{ type: 'quit' }]],
    [['?', 'q', 'q'], [{ type: 'quit' }]],
    [['other', 'escape', 'y', 'enter'], []],
  ])('%j', (keys, effects) => expect(press(all, ...keys).effects).toEqual(effects));

  test('nothing is done to nothing', () => {
    for (const key of ['a', 's', 'r', '+', '-', 'up', 'end'] as const)
      expect(press(show(), key, 'y').effects).toEqual([]);
  });
});

describe('top: the screen', () => {
  const screen = (state: TopState, size: Size, paint = plain): string[] => drawScreen(state, size, paint);
  const line = (msg: string): LogLine => ({
    time: 'T',
    process: 'web',
    instance: 'web-1',
    stream: 'stdout',
    level: 'info',
    msg,
  });

  test('a table, the lines of the chosen one, and the keys', () => {
    let state = show(web, queue, spare);
    for (const msg of ['one', 'two \u001B[2J\u001B[31mred'])
      state = update(state, { type: 'line', instance: 'web-1', line: line(msg) }).state;
    expect(screen(state, { columns: 90, rows: 14 }, marked)).toEqual([
      'pm 1.2.3: running for 1h2m, pid 1                   3 of 3 fine  CPU 71.3%  memory 1.0 GiB',
      '',
      'PROCESS  INSTANCE  STATE    READY  PID  UPTIME  RESTARTS    CPU    MEMORY',
      `>${'web      web-1     READY    yes     71    1h2m         0   1.3%  45.1 MiB'.padEnd(89)}`,
      'queue    queue-1   READY    yes     71    1h2m         0  50.0%   1.0 KiB',
      'queue    queue-2   READY    yes     71    1h2m         0  20.0%   1.0 GiB',
      'spare              STOPPED',
      `── web-1 ${'─'.repeat(81)}`,
      'T web-1 | one',
      'T web-1 | two red',
      '',
      '',
      '',
      '↑↓ choose  a start  s stop  r restart  +/- scale  l logs  o order  ? help  q quit',
    ]);
  });

  test('orders by what is used', () => {
    const names = (state: TopState): string[] =>
      screen(state, { columns: 90, rows: 20 })
        .slice(3, 7)
        .map((text) => text.slice(9, 16).trim());
    const all = show(web, queue, spare);
    expect(names(press(all, 'o').state)).toEqual(['queue-1', 'queue-2', 'web-1', '']);
    expect(names(press(all, 'o', 'o').state)).toEqual(['queue-2', 'web-1', 'queue-1', '']);
  });

  test('the chosen row is always among those that are shown', () => {
    const many = show(...Array.from({ length: 200 }, (_, index) => toProcess({ name: `p${index}` })));
    for (const keys of [[], ['end'], ['end', 'up'], ['page-down', 'page-down']] as Key[][]) {
      const { state } = press(many, ...keys);
      const lines = screen(state, { columns: 80, rows: 12 }, marked);
      expect(lines.filter((text) => text.startsWith('>'))).toEqual([
        expect.stringContaining(`${state.chosen}`) as string,
      ]);
    }
    expect(countTableRows(many, { columns: 80, rows: 12 })).toBe(5);
  });

  test.each([
    [1, 1],
    [5, 2],
    [20, 3],
    [40, 5],
    [200, 60],
  ])('%d by %d: exactly as many lines, none longer than the terminal', (columns, rows) => {
    const states = [
      emptyState,
      show(),
      show(web, queue, spare),
      press(show(web), '?').state,
      press(show(web), 's').state,
      press(show(web, queue), 'l').state,
    ];
    for (const state of [...states, update(show(web), { type: 'message', text: 'x'.repeat(500) }).state]) {
      const lines = screen(state, { columns, rows });
      expect(lines).toHaveLength(rows);
      expect(Math.max(...lines.map((text) => Array.from(text).length))).toBeLessThanOrEqual(columns);
    }
  });

  test('asks before it takes something down, and says what happened', () => {
    const asked = press(show(queue), '-').state;
    expect(screen(asked, { columns: 80, rows: 10 })[8]).toBe('scale queue by -1? y/n');
    expect(screen(press(asked, 'other').state, { columns: 80, rows: 10 })[8]).toBe('nothing was done');
    expect(screen(update(asked, { type: 'connection', lost: true }).state, { columns: 80, rows: 10 })[0]).toMatch(
      /connection lost, trying again$/,
    );
  });
});

describe('top: with a daemon', () => {
  interface Seen {
    readonly events: TerminalEvents;
    readonly screens: string[];
    readonly restored: () => number;
    readonly ended: Promise<void>;
  }

  /** A terminal that remembers what was drawn. */
  async function useTop(answers: Readonly<Record<string, Answer>>): Promise<Seen> {
    const { socket } = await startDaemon({
      'GET /api/v1/status': toStatus(web, queue),
      'GET /api/v1/events': (_, response) => sendStream(response, [['snapshot', toStatus(web, queue)]]),
      'GET /api/v1/logs': (request, response) =>
        sendStream(response, [
          [
            'line',
            {
              time: 'T',
              process: 'x',
              instance: 'x',
              stream: 'stdout',
              level: 'info',
              msg: `lines of ${new URL(request.url ?? '', 'http://x').searchParams.get('name')}`,
            },
          ],
        ]),
      ...answers,
    });
    const client = createClient({ socket });
    onTestFinished(() => client.close());
    const screens: string[] = [];
    const restore = vi.fn<() => void>();
    const opened = Promise.withResolvers<TerminalEvents>();
    const open = (events: TerminalEvents): Terminal => {
      opened.resolve(events);
      return {
        size: () => ({ columns: 100, rows: 20 }),
        draw: (lines) => void screens.push(lines.join('\n')),
        suspend: () => screens.push('suspended'),
        restore,
      };
    };
    const ended = runTop({ client, paint: plain, open });
    return { events: await opened.promise, screens, restored: () => restore.mock.calls.length, ended };
  }

  test('shows what it is told, follows what is chosen, does what is asked, and gives the terminal back', async () => {
    const { events, screens, restored, ended } = await useTop({
      'POST /api/v1/processes/queue-1/stop': toOperation({ processes: [{ ...queue, state: 'STOPPED' }] }),
    });
    await expect.poll(() => screens.at(-1)).toContain('lines of web-1');
    events.onKeys(['down']);
    await expect.poll(() => screens.at(-1)).toContain('lines of queue-1');
    expect(screens.at(-1)).not.toContain('lines of web-1');
    events.onKeys(['s', 'y']);
    await expect.poll(() => screens.at(-1)).toContain('stop queue-1: queue is STOPPED');
    events.onKeys(['ctrl-z']);
    expect(screens.at(-1)).toBe('suspended');
    events.onKeys(['q']);
    await ended;
    expect(restored()).toBe(1);
  });

  test('what is refused is said', async () => {
    const { events, screens, ended } = await useTop({
      'POST /api/v1/processes/web/scale': (_, response) =>
        sendProblem(response, { status: 422, detail: '"web" has at most 1 instance' }),
      'GET /api/v1/logs': (_, response) => sendProblem(response, { status: 403, detail: 'not for you' }),
    });
    await expect.poll(() => screens.at(-1)).toContain('no lines of web-1: not for you');
    events.onKeys(['+']);
    await expect.poll(() => screens.at(-1)).toContain('scale web by +1: "web" has at most 1 instance');
    events.onGone();
    await ended;
  });

  test('a lost connection is shown, and taken up again', async () => {
    let connections = 0;
    const { events, screens, ended } = await useTop({
      'GET /api/v1/events': (_, response) => {
        connections += 1;
        sendStream(response, [['snapshot', toStatus(web)]]);
        if (connections === 1) response.socket?.destroySoon();
      },
    });
    await expect.poll(() => screens.some((screen) => screen.includes('connection lost'))).toBe(true);
    await expect.poll(() => screens.at(-1)).toContain('2 of 2 fine');
    events.onKeys(['q']);
    await ended;
  });

  test('a refusal ends it, and the terminal is given back first', async () => {
    const { restored, ended } = await useTop({
      'GET /api/v1/events': (_, response) => sendProblem(response, { status: 403, detail: 'not for you' }),
    });
    await expect(ended).rejects.toThrow('not for you');
    expect(restored()).toBe(1);
  });
});
