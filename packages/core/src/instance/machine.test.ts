import { describe, expect, it } from 'vitest';
import { toEffects } from './effects.ts';
import { getNext, liveStates, machine, restingStates, states, triggers, type State, type Trigger } from './machine.ts';

const allStates = Object.keys(states) as State[];
const allTriggers = Object.keys(triggers) as Trigger[];
const ends: readonly Trigger[] = ['endedRestart', 'endedDone', 'endedFailed'];
const commands: readonly Trigger[] = ['start', 'stop', 'restart'];

function isState(cell: string): cell is State {
  return cell in states;
}

function reach(from: State, allowed: (trigger: Trigger) => boolean): ReadonlySet<State> {
  const reached = new Set<State>([from]);
  for (const state of reached) {
    for (const trigger of allTriggers.filter(allowed)) {
      const next = getNext(state, trigger);
      if (isState(next)) reached.add(next);
    }
  }
  return reached;
}

describe('the instance machine', () => {
  it('is total: every state answers every trigger', () => {
    for (const state of allStates) expect(new Set(Object.keys(machine[state]))).toEqual(new Set(allTriggers));
  });

  it('reaches every state from stopped', () => {
    expect(reach('stopped', () => true)).toEqual(new Set(allStates));
  });

  it('can reach stopped from every state', () => {
    for (const state of allStates) expect(reach(state, () => true)).toContain('stopped');
  });

  it('answers a stop at once, from anywhere', () => {
    for (const state of allStates) {
      const next = getNext(state, 'stop');
      expect(['stopped', 'stopping', 'killing'], state).toContain(next === 'ignore' ? state : next);
    }
  });

  it('never starts again out of a stop without going through backoff and gate', () => {
    for (const state of ['stopping', 'killing'] as const) {
      const nexts = allTriggers.map((trigger) => getNext(state, trigger)).filter(isState);
      expect(nexts).not.toContain('starting');
      expect(nexts).not.toContain('running');
      expect(nexts).not.toContain('waiting');
    }
  });

  it('handles every kind of end in every live state', () => {
    for (const state of liveStates)
      for (const end of ends) expect(isState(getNext(state, end)), `${state} ${end}`).toBe(true);
  });

  it('stays at rest until a command comes', () => {
    for (const state of restingStates) {
      for (const trigger of allTriggers.filter((one) => !commands.includes(one)))
        expect(getNext(state, trigger)).toBe('impossible');
    }
  });

  it('takes every command in every state: none is a defect', () => {
    for (const state of allStates)
      for (const command of commands) expect(getNext(state, command)).not.toBe('impossible');
  });
});

describe('effects', () => {
  it('cancel what the left state armed, before anything of the next state runs', () => {
    expect(toEffects('waiting', 'gateOpened', 'starting')).toEqual(['cancelGate', 'spawn']);
    expect(toEffects('backoff', 'stop', 'stopped')).toEqual(['cancelBackoff']);
    expect(toEffects('backoff', 'delayElapsed', 'waiting')).toEqual(['cancelBackoff', 'awaitGate']);
    expect(toEffects('starting', 'stop', 'stopping')).toEqual(['cancelStart', 'cancelReadiness', 'drain']);
    expect(toEffects('running', 'stop', 'stopping')).toEqual(['cancelReadiness', 'drain']);
  });

  it('signal a child that appears after its stop, without drain', () => {
    expect(toEffects('stopping', 'spawned', 'stopping')).toEqual(['sendStop']);
    expect(toEffects('killing', 'spawned', 'killing')).toEqual(['kill']);
  });

  it('kill again what survives a kill', () => {
    expect(toEffects('killing', 'killElapsed', 'killing')).toEqual(['kill']);
  });

  it('are defined for every transition of the table', () => {
    const pairs = allStates.flatMap((from) =>
      allTriggers.map((trigger) => ({ from, trigger, to: getNext(from, trigger) })),
    );
    const effects = pairs.map(({ from, trigger, to }) => (isState(to) ? toEffects(from, trigger, to) : []));
    expect(effects.filter((list) => !Array.isArray(list))).toEqual([]);
  });
});
