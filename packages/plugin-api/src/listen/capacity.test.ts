import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { limitConnections, readDescriptorLimit, toCapacity } from './capacity.ts';

test.for([
  [Infinity, 1, 2000],
  [1_000_000, 2, 2000],
  [4096, 1, 1920],
  [1024, 1, 384],
  [1024, 2, 192],
  [256, 1, 16],
  [0, 2, 16],
] as const)('of %i descriptors, each of %i doors takes %i connections', ([descriptors, doors, capacity]) => {
  expect(toCapacity(descriptors, doors)).toBe(capacity);
});

test('the limit of this process is known', () => {
  expect(readDescriptorLimit()).toBeGreaterThan(64);
});

test('one address has half of a door at most, and has it again when it has left', async () => {
  const accepted = new Set<Socket>();
  const server = createServer((socket) => {
    if (!socket.destroyed) accepted.add(socket.on('close', () => accepted.delete(socket)));
  });
  limitConnections(server, 4);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const first = await open('127.0.0.1');
  await open('127.0.0.1');
  const third = await open('127.0.0.1');
  await once(third, 'close');
  await open('127.0.0.2');
  expect(accepted.size).toBe(3);
  first.destroy();
  while (accepted.size > 2) await new Promise((resolve) => setImmediate(resolve));
  await open('127.0.0.1');
  while (accepted.size < 3) await new Promise((resolve) => setImmediate(resolve));
  server.close();
});
