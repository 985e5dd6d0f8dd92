import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canConnect, fileStamp } from './probes.ts';

test.each(['127.0.0.1', '::1'])('a port is open when something listens on %s', async (host) => {
  const server = createServer((socket) => socket.destroy()).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await canConnect(port, new AbortController().signal)).toBe(true);
  server.close();
  await once(server, 'close');
  expect(await canConnect(port, new AbortController().signal)).toBe(false);
});

test('an attempt that is given up counts as no', async () => {
  expect(await canConnect(1, AbortSignal.abort())).toBe(false);
});

test('a stamp changes with the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pm-stamp-'));
  const file = join(folder, 'ready');
  expect(fileStamp(file)).toBeUndefined();
  expect(fileStamp(join(folder, 'ready/below'))).toBeUndefined();
  writeFileSync(file, '1');
  const first = fileStamp(file);
  expect(fileStamp(file)).toBe(first);
  writeFileSync(join(folder, 'next'), '1');
  renameSync(join(folder, 'next'), file);
  expect(fileStamp(file)).not.toBe(first);
  rmSync(folder, { recursive: true });
});
