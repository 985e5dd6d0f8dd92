import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffPlans } from '../plan/diff.ts';
import { buildGraph, withDependencies } from '../plan/graph.ts';
import type { Plan, ProcessSpec } from '../plan/spec.ts';
import { createTestPorts, type TestPorts } from '../testing/test-ports.ts';
import { createTestPlan, createTestSpec, dependOn } from '../testing/test-spec.ts';
import { Roster } from '../unit/roster.ts';
import { createApplier } from './apply.ts';

interface Bench {
  readonly ports: TestPorts;
  readonly roster: Roster;
  /** Processes that live, in the order of their start. */
  live(): readonly string[];
  apply(next: Plan): Promise<void>;
  turn(): Promise<void>;
  end(): Promise<void>;
}

/** A roster in which everything that boots is up. */
async function boot(first: Plan): Promise<Bench> {
  const ports = createTestPorts();
  const roster = new Roster(ports);
  const draining = new AbortController();
  let plan = first;
  const applyPlan = createApplier({ roster, ports, current: () => plan, signal: draining.signal });
  roster.add([...plan.processes.values()]);
  for (const name of plan.booting) roster.get(name)?.up();
  await ports.clock.advance(0);
  return {
    ports,
    roster,
    live: () => ports.spawner.live.map((child) => child.request.instance),
    turn: () => ports.clock.advance(0),
    apply(next) {
      const before = plan;
      plan = next;
      return applyPlan({ before, plan, diff: diffPlans(before, plan), asked: [] });
    },
    async end() {
      draining.abort();
      for (const unit of roster.units) unit.down('shutdown', true);
      for (const child of ports.spawner.live) child.exit(0);
      await ports.clock.advance(0);
      expect(ports.clock.pending).toBe(0);
    },
  };
}

const planOf = (...specs: ProcessSpec[]): Plan => createTestPlan(specs);
const changed = { env: { VERSION: '2' } };

describe('applying a plan', () => {
  it('restarts what does not need each other together, and what does one after the other', async () => {
    const chain = (change: object): Plan => ({
      ...planOf(
        createTestSpec('a', change),
        createTestSpec('b', change),
        createTestSpec('c', { ...change, dependsOn: [dependOn('a')] }),
      ),
      order: [['a', 'b'], ['c']],
    });
    const bench = await boot(chain({}));
    const { spawner } = bench.ports;
    const asked = (): readonly string[] =>
      spawner.live.filter((child) => child.received.length > 0).map((child) => child.request.instance);
    for (const child of spawner.live) child.ignore('SIGTERM');
    const done = bench.apply(chain(changed));
    await bench.turn();
    expect(asked()).toEqual(['a-1', 'b-1']);
    spawner.of('a-1').exit(0);
    await bench.turn();
    expect(asked()).toEqual(['b-1']);
    spawner.of('b-1').exit(0);
    await bench.turn();
    expect(asked()).toEqual(['c-1']);
    spawner.of('c-1').exit(0);
    await bench.turn();
    await done;
    expect(bench.live()).toEqual(['a-1', 'b-1', 'c-1']);
    await bench.end();
  });

  it('stops what no longer boots and starts what does now, but leaves what commands did', async () => {
    const specs = ['on', 'off', 'stopped', 'demanded'].map((name) => createTestSpec(name));
    const plan = planOf(...specs);
    const bench = await boot({ ...plan, booting: ['off', 'stopped'] });
    bench.roster.get('stopped')?.down('manual');
    bench.roster.get('demanded')?.up();
    await bench.turn();
    const done = bench.apply({ ...plan, booting: ['on', 'stopped'] });
    await bench.turn();
    await done;
    expect(bench.live()).toEqual(['demanded-1', 'on-1']);
    await bench.end();
  });

  it('asks the conditions of what is new, and again where they have changed', async () => {
    const file = (path: string): Partial<ProcessSpec> => ({ onlyIf: { file: path } });
    const bench = await boot(planOf());
    await bench.apply(planOf(createTestSpec('web', file('/missing')), createTestSpec('other', file('/missing'))));
    expect(bench.live()).toEqual([]);
    expect(bench.roster.get('web')?.view().reason).toBe('skipped: only_if file /missing does not exist');
    bench.ports.files.set('/there', '1');
    await bench.apply(planOf(createTestSpec('web', file('/there')), createTestSpec('other', file('/missing'))));
    await bench.turn();
    expect(bench.live()).toEqual(['web-1']);
    await bench.end();
  });

  it('what waits for something that goes starts without it', async () => {
    const bench = await boot(
      planOf(
        createTestSpec('db', { readiness: { kind: 'external', owner: 'probe' } }),
        createTestSpec('web', { dependsOn: [dependOn('db')] }),
      ),
    );
    expect(bench.live()).toEqual(['db-1']);
    const done = bench.apply(planOf(createTestSpec('web')));
    await bench.turn();
    await done;
    expect(bench.live()).toEqual(['web-1']);
    await bench.end();
  });

  it('a stop after a change without restart follows the new declaration', async () => {
    const shutdown = createTestSpec('web').shutdown;
    const bench = await boot(planOf(createTestSpec('web')));
    await bench.apply(planOf(createTestSpec('web', { shutdown: { ...shutdown, signal: 'SIGINT' } })));
    bench.roster.get('web')?.down('manual');
    await bench.turn();
    expect(bench.ports.spawner.of('web-1').received[0]?.signal).toBe('SIGINT');
    await bench.end();
  });

  describe('while something takes its time to stop', () => {
    const slow = createTestSpec('slow', { env: { OF: 'slow' } });
    const other = createTestSpec('other', { env: { OF: 'other' } });

    async function bootSlow(...specs: ProcessSpec[]): Promise<Bench> {
      const bench = await boot(planOf(slow, ...specs));
      bench.ports.spawner.of('slow-1').ignore('SIGTERM');
      return bench;
    }

    it('what is new starts, in the same change and in the next', async () => {
      const bench = await bootSlow();
      const third = createTestSpec('third', { env: { OF: 'third' } });
      const first = bench.apply(planOf(other));
      await bench.turn();
      expect(bench.live()).toEqual(['slow-1', 'other-1']);
      const second = bench.apply(planOf(other, third));
      await bench.turn();
      await second;
      expect(bench.live()).toEqual(['slow-1', 'other-1', 'third-1']);
      expect(bench.roster.get('slow')).toBeDefined();
      bench.ports.spawner.of('slow-1').exit(0);
      await bench.turn();
      await first;
      expect(bench.roster.get('slow')).toBeUndefined();
      await bench.end();
    });

    it.each([
      ['that is the same under another name', { command: slow.command, env: slow.env }],
      ['that has its port', { portBase: 8000 }],
    ])('one %s waits for its end, and so does what needs that one', async (_what, parts) => {
      const withPort = { ...slow, portBase: 7999, scale: 2 };
      const bench = await boot(planOf(withPort));
      for (const child of bench.ports.spawner.live) child.ignore('SIGTERM');
      const heir = createTestSpec('heir', parts);
      const user = createTestSpec('user', { env: { OF: 'user' }, dependsOn: [dependOn('heir')] });
      const done = bench.apply({ ...planOf(heir, user, other), order: [['heir', 'other'], ['user']] });
      await bench.turn();
      expect(bench.live()).toEqual(['slow-1', 'slow-2', 'other-1']);
      for (const child of bench.ports.spawner.live.slice(0, 2)) child.exit(0);
      await bench.turn();
      await done;
      expect(bench.live()).toEqual(['other-1', 'heir-1', 'user-1']);
      await bench.end();
    });

    it('is declared again: it starts anew after its end, by the new declaration', async () => {
      const bench = await bootSlow();
      const removed = bench.apply(planOf());
      await bench.turn();
      const again = bench.apply(planOf(createTestSpec('slow', { env: { OF: 'again' } })));
      await bench.turn();
      await again;
      expect(bench.live()).toEqual(['slow-1']);
      bench.ports.spawner.of('slow-1').exit(0);
      await bench.turn();
      await removed;
      expect(bench.live()).toEqual(['slow-1']);
      expect(bench.ports.spawner.of('slow-1').request.env['OF']).toBe('again');
      await bench.end();
    });

    it('is declared again for later: it stays known, and down', async () => {
      const bench = await bootSlow();
      const removed = bench.apply(planOf());
      await bench.turn();
      await bench.apply({ ...planOf(slow), booting: [] });
      bench.ports.spawner.of('slow-1').exit(0);
      await bench.turn();
      await removed;
      expect(bench.live()).toEqual([]);
      expect(bench.roster.get('slow')?.desired).toBe('down');
      await bench.end();
    });

    it('what changed restarts after it, because it may need that until its end', async () => {
      const db = createTestSpec('db', { env: { OF: 'db' } });
      const bench = await bootSlow(db);
      const done = bench.apply(planOf(createTestSpec('db', changed)));
      await bench.turn();
      expect(bench.ports.spawner.of('db-1').received).toEqual([]);
      bench.ports.spawner.of('slow-1').exit(0);
      await bench.turn();
      await done;
      expect(bench.ports.spawner.of('db-1').request.env['VERSION']).toBe('2');
      await bench.end();
    });

    it('a process that changes in two changes restarts once', async () => {
      const bench = await bootSlow(createTestSpec('web'));
      const first = bench.apply(planOf(createTestSpec('web', changed)));
      await bench.turn();
      const second = bench.apply(planOf(createTestSpec('web', { env: { VERSION: '3' } })));
      await bench.turn();
      await second;
      expect(bench.ports.spawner.of('web-1').request.env['VERSION']).toBe('3');
      bench.ports.spawner.of('slow-1').exit(0);
      await bench.turn();
      await first;
      expect(bench.ports.spawner.requests.filter(({ instance }) => instance === 'web-1')).toHaveLength(2);
      await bench.end();
    });

    it('a stop of everything ends the change, and starts nothing that waited', async () => {
      const bench = await bootSlow();
      const done = bench.apply(planOf(createTestSpec('heir', { command: slow.command, env: slow.env })));
      await bench.turn();
      await bench.end();
      await done;
      expect(bench.ports.spawner.requests.map(({ instance }) => instance)).toEqual(['slow-1']);
    });
  });

  it('whatever changes come while others are under way, and however slowly things stop: in the end it is the last plan', async () => {
    const spec = fc.record({
      version: fc.integer({ min: 0, max: 2 }),
      needs: fc.boolean(),
      boots: fc.boolean(),
    });
    const plan = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), spec, { maxKeys: 4 });
    const step = fc.record({ plan, turns: fc.integer({ min: 0, max: 2 }), ends: fc.integer({ min: 0, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(plan, fc.array(step, { minLength: 1, maxLength: 6 }), async (first, steps) => {
        const toPlan = (wanted: Record<string, { version: number; needs: boolean; boots: boolean }>): Plan => {
          const names = Object.keys(wanted).toSorted();
          const specs = names.map((name, index) => {
            const { version, needs } = wanted[name] ?? { version: 0, needs: false };
            const before = names[index - 1];
            const dependsOn = needs && before !== undefined ? [dependOn(before, 'started')] : [];
            return createTestSpec(name, { env: { VERSION: String(version) }, dependsOn });
          });
          const asked = names.filter((name) => wanted[name]?.boots);
          const booting = withDependencies(buildGraph(specs), asked);
          return { ...planOf(...specs), booting, order: names.map((name) => [name]) };
        };
        const bench = await boot(toPlan(first));
        const { spawner } = bench.ports;
        const under: Promise<void>[] = [];
        const endSome = (count: number): void => {
          for (const child of spawner.live.filter(({ received }) => received.length > 0).slice(0, count)) child.exit(0);
        };
        for (const { plan: wanted, turns, ends } of steps) {
          for (const child of spawner.live) child.ignore('SIGTERM');
          under.push(bench.apply(toPlan(wanted)));
          for (let turn = 0; turn < turns; turn += 1) await bench.turn();
          endSome(ends);
        }
        for (let round = 0; round < 40; round += 1) {
          endSome(10);
          await bench.turn();
        }
        await Promise.all(under);
        const last = toPlan(steps.at(-1)?.plan ?? {});
        // What is only known may run because something needs it, or because it ran before; what boots does.
        const running = new Set(bench.live());
        for (const name of last.booting) expect(running).toContain(`${name}-1`);
        for (const child of spawner.live) {
          const declared = last.processes.get(child.request.process);
          expect(child.request.env['VERSION']).toBe(declared?.env['VERSION']);
        }
        expect(running.size).toBe(bench.live().length);
        expect(bench.roster.units.map(({ name }) => name).toSorted()).toEqual([...last.processes.keys()].toSorted());
        await bench.end();
      }),
      { numRuns: 300 },
    );
  });
});
