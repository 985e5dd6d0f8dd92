import type { Client } from '@pm-supervisor/client';
import { expect, test, vi } from 'vitest';
import { reconcile } from './reconcile.ts';

const createPm = () => {
  const answer = (): Promise<never> => Promise.resolve({} as never);
  return { reconcile: vi.fn(answer), start: vi.fn(answer), stop: vi.fn(answer) } satisfies Partial<Client>;
};

const berlin = { command: ['openvpn', 'berlin.conf'] };

test('everything is said every time, and nobody waits for it to be done', async () => {
  const pm = createPm();
  await reconcile(pm, { up: ['mosdns', 'dnsmasq'], down: ['tinc'], instances: { berlin }, refused: [] });
  expect(pm.reconcile.mock.calls).toEqual([['owner=mesh-router', { berlin }, { waitMs: 0 }]]);
  expect(pm.stop.mock.calls).toEqual([[['tinc'], { waitMs: 0 }]]);
  expect(pm.start.mock.calls).toEqual([[['mosdns', 'dnsmasq'], { waitMs: 0 }]]);
});

test('no command is sent for nobody; an empty set of tunnels is a set', async () => {
  const pm = createPm();
  await reconcile(pm, { up: [], down: [], instances: {}, refused: [] });
  expect(pm.reconcile).toHaveBeenCalledWith('owner=mesh-router', {}, { waitMs: 0 });
  expect(pm.start).not.toHaveBeenCalled();
  expect(pm.stop).not.toHaveBeenCalled();
});

test('a refusal of the tunnels is not swallowed, and does not keep services down', async () => {
  const pm = createPm();
  pm.reconcile.mockRejectedValue(new Error('"tinc" is declared by the configuration file'));
  await expect(reconcile(pm, { up: ['tinc'], down: [], instances: {}, refused: [] })).rejects.toThrow('declared by');
  expect(pm.start).toHaveBeenCalledOnce();
});
