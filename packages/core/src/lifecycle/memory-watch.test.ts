import { expect, it } from 'vitest';
import { createTestPorts } from '../testing/test-ports.ts';
import { createTestSpec } from '../testing/test-spec.ts';
import { startWithNeeds } from '../unit/needs.ts';
import { Roster } from '../unit/roster.ts';
import { watchMemory } from './memory-watch.ts';

it.each([
  ['max_memory', { maxMemory: 1000 }],
  ['resources.memory_max without a cgroup', { os: { limits: {}, resources: { memoryMax: 1000 } } }],
])('%s: the tree passes it, the instance restarts gracefully and does not count as failed', async (_name, changes) => {
  const ports = createTestPorts();
  const roster = new Roster(ports);
  const stop = watchMemory(roster, ports);
  roster.add([createTestSpec('web', changes), createTestSpec('free')]);
  for (const unit of roster.units) startWithNeeds(roster, unit);
  ports.memory = 1000;
  await ports.clock.advance(5000);
  expect(ports.spawner.children).toHaveLength(2);
  ports.memory = 1001;
  await ports.clock.advance(5000);
  expect(ports.spawner.children.map((child) => child.request.process)).toEqual(['web', 'free', 'web']);
  expect(roster.get('web')?.instance(1)?.view()).toMatchObject({ restarts: 1, consecutiveFailures: 0, state: 'READY' });
  for (const unit of roster.units) unit.down('shutdown');
  await ports.clock.advance(5000);
  stop();
  expect(ports.clock.pending).toBe(0);
});
