import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findFreePort } from '../../harness/ports.ts';
import { createWatchedLines } from '../../harness/watched-lines.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('the demo serves its page, brings back what crashes, and Ctrl-C stops it in order', async ({ onTestFinished }) => {
  const port = await findFreePort();
  const child = spawn('npm', ['run', '--silent', 'demo'], {
    cwd: root,
    // A process group of its own: Ctrl-C is a signal to all of what the terminal started.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DEMO_PORT: String(port) },
  });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  const group = -(child.pid as number);
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(group, 'SIGKILL');
  });
  const out = createWatchedLines(child.stdout, ended);

  await out.waitFor('Everything runs', { withinMs: 30_000 });
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toContain('You are visitor 1.');
  await out.waitFor(/queue-\d \| done with job/);
  await out.waitFor(/moody-1 \| all is well/, { times: 2, withinMs: 20_000 });

  process.kill(group, 'SIGINT');
  expect(await ended).toEqual([0, null]);
  const [workerEnded, queueGoes] = [/worker-1 ended/, /queue-1 \| no job in my hands/].map((pattern) =>
    out.texts.findIndex((text) => pattern.test(text)),
  );
  expect(workerEnded).toBeGreaterThan(-1);
  expect(queueGoes).toBeGreaterThan(workerEnded ?? Number.POSITIVE_INFINITY);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
});

test('the demo takes another port when its own is taken, and says so', async ({ onTestFinished }) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const child = spawn('npm', ['run', '--silent', 'demo'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DEMO_PORT: String(port) },
  });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  const group = -(child.pid as number);
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(group, 'SIGKILL');
  });
  const out = createWatchedLines(child.stdout, ended);
  const line = await out.waitFor(`Port ${port} is taken`, { withinMs: 30_000 });
  const other = /uses (\d+)/.exec(line)?.[1];
  await out.waitFor('Everything runs', { withinMs: 30_000 });
  expect((await fetch(`http://127.0.0.1:${other}/`)).status).toBe(200);
  process.kill(group, 'SIGINT');
  expect(await ended).toEqual([0, null]);
});
