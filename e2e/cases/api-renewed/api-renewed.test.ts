import type { EventMessage, LogLine } from '@pm-supervisor/client';
import { expect } from 'vitest';
import { useSocket } from '../../harness/api.ts';
import { ask } from '../../harness/ask.ts';
import { test, until } from '../../harness/folder.ts';

/** A change of the API's own options sets it up anew: nothing of what is under way may be lost. */
const yaml = `
processes:
  slow: {command: [sh, -c, "trap 'while [ ! -e go ]; do sleep 0.02; done; exit 0' TERM; while :; do sleep 0.02; done"]}
  count: {command: [sh, -c, "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.005; done"]}
`;
const withLimit = (limit: number): string => `${yaml}plugins: {api: {max_request_body: ${limit}KB}}\n`;

test('who waits for an operation is told its number, and finds it where the API is then [lines 16, 40]', async ({
  folder,
}) => {
  const pm = await folder.run(withLimit(10));
  await pm.out.waitFor('up after');
  const api = useSocket(folder);
  const waiting = api.post('/api/v1/processes/slow/stop?wait=60s');
  const early = (await api.post('/api/v1/processes/count/stop?wait=10s')).body.id as string;
  await folder.write('pm.yaml', withLimit(11));
  expect(await api.post('/api/v1/config:reload?wait=10s')).toMatchObject({ status: 200, body: { state: 'succeeded' } });
  const { status, headers, body } = await waiting;
  expect({ status, location: headers.location, state: body.state }).toEqual({
    status: 202,
    location: `/api/v1/operations/${body.id}`,
    state: 'running',
  });
  await until('the API is back', () => folder.exists('.run/pm.sock'));
  expect((await api.get(`/api/v1/operations/${early}`)).body).toMatchObject({ state: 'succeeded', command: 'stop' });
  const later = api.get(`${headers.location}?wait=20s`);
  await folder.write('go', '');
  expect(await later).toMatchObject({ status: 200, body: { state: 'succeeded', processes: [{ state: 'STOPPED' }] } });
  const ids = ((await api.get('/api/v1/operations')).body.operations as { id: string }[]).map(({ id }) => id);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(3);
  await pm.stop();
});

test('the verbs go on: a command that waits, events and lines each once, a status that is watched', async ({
  folder,
}) => {
  const pm = await folder.run(withLimit(10));
  await pm.out.waitFor('up after');
  const events = folder.pm(['events', '-f', '--since', '0', '--json']);
  const lines = folder.pm(['logs', '-f', '--json', 'count']);
  const watch = folder.pm(['status', '--watch', '--json']);
  const stop = ask(folder, ['stop', 'slow']);
  await Promise.all([events, lines, watch].map((verb) => verb.out.waitFor(/./)));
  await until('slow stops', () => watch.out.lines.some((line) => line.includes('"STOPPING"')));
  for (let round = 1; round <= 5; round += 1) {
    await folder.write('pm.yaml', withLimit(10 + round));
    await pm.signal('SIGHUP');
    await pm.out.waitFor('pm: configuration applied', { times: round });
    const seen = lines.out.lines.length;
    const applied = (): number => events.out.lines.filter((line) => line.includes('"plan.applied"')).length;
    await until('all go on', () => applied() === round && lines.out.lines.length > seen);
  }
  await folder.write('go', '');
  expect(await stop).toEqual({ code: 0, out: 'slow is STOPPED\n', err: '' });
  await until('the watch shows it', () => watch.out.lines.at(-1)?.includes('"STOPPED"') === true);
  await pm.stop();
  for (const verb of [events, lines, watch]) expect(await verb.ended).toEqual({ code: 0, signal: null });
  const sequence = events.out.lines.map((line) => (JSON.parse(line) as EventMessage).seq);
  expect(sequence).toEqual(sequence.map((_, index) => index + 1));
  const numbers = lines.out.lines.map((line) => Number((JSON.parse(line) as LogLine).msg.slice('line '.length)));
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
});
