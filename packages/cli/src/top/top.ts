import { ClientError, type Client } from '@pm-supervisor/client';
import { systemClock } from '@pm-supervisor/core';
import type { Paint } from '../paint.ts';
import { countTableRows, drawScreen, sayDeed } from './screen.ts';
import { emptyState, update, type Deed, type TopAction, type TopEffect } from './state.ts';
import { openTerminal, type Terminal, type TerminalEvents } from './terminal.ts';

export interface TopOptions {
  readonly client: Client;
  readonly paint: Paint;
  /** For tests. */
  readonly open?: (events: TerminalEvents) => Terminal;
}

/** Not more often than eyes can see. */
const frameMs = 40;
const calmMs = 250;
const refreshMs = 2000;
const keptLines = 200;

/** Shows everything until somebody leaves. The terminal is given back however it ends; rejects with what the status rejects with. */
export async function runTop({ client, paint, open = openTerminal }: TopOptions): Promise<void> {
  const left = new AbortController();
  const gone = Promise.withResolvers<void>();
  let state = emptyState;
  let frame: { cancel(): void } | undefined;
  let followed: { readonly target: string | undefined; readonly end: AbortController } = {
    target: undefined,
    end: new AbortController(),
  };

  const draw = (): void => {
    frame = undefined;
    terminal.draw(drawScreen(state, terminal.size(), paint));
  };
  const apply = (action: TopAction): void => {
    const step = update(state, action);
    state = step.state;
    if (step.effect !== undefined) perform(step.effect);
    if (state.chosen !== followed.target) follow(state.chosen);
    if (!left.signal.aborted) frame ??= systemClock.after(frameMs, draw);
  };
  const perform = (effect: TopEffect): void => {
    if (effect.type === 'quit') gone.resolve();
    else if (effect.type === 'suspend') terminal.suspend();
    else void doDeed(effect.deed, client).then((text) => apply({ type: 'message', text }));
  };
  const follow = (target: string | undefined): void => {
    followed.end.abort();
    followed = { target, end: new AbortController() };
    if (target !== undefined)
      void readLines(client, target, { signal: AbortSignal.any([left.signal, followed.end.signal]), apply });
  };
  const terminal = open({
    onKeys: (keys) => {
      for (const key of keys) apply({ type: 'key', key, page: countTableRows(state, terminal.size()) });
    },
    onResize: () => apply({ type: 'message', text: state.message }),
    onGone: () => gone.resolve(),
  });
  try {
    apply({ type: 'message', text: '' });
    await Promise.race([gone.promise, readStatus(client, { signal: left.signal, apply })]);
  } finally {
    left.abort(new Error('left'));
    frame?.cancel();
    terminal.restore();
  }
}

interface Reading {
  readonly signal: AbortSignal;
  readonly apply: (action: TopAction) => void;
}

async function readStatus(client: Client, { signal, apply }: Reading): Promise<void> {
  const onConnection = ({ state }: { readonly state: 'connected' | 'lost' }): void =>
    apply({ type: 'connection', lost: state === 'lost' });
  try {
    for await (const status of client.watch({ calmMs, refreshMs, signal, onConnection }))
      apply({ type: 'status', status });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** What cannot be read is not shown; that it is gone is shown by the table. */
async function readLines(client: Client, target: string, { signal, apply }: Reading): Promise<void> {
  try {
    for await (const line of client.followLogs({ name: target, tail: keptLines }, { signal }))
      apply({ type: 'line', instance: target, line });
  } catch (error) {
    if (!signal.aborted)
      apply({
        type: 'message',
        text: `no lines of ${target}: ${error instanceof Error ? error.message : String(error)}`,
      });
  }
}

/** What became of it, in words. */
async function doDeed(deed: Deed, client: Client): Promise<string> {
  try {
    const { processes } = await send(deed, client);
    const states = processes.map(({ name, state }) => `${name} is ${state}`);
    return `${sayDeed(deed)}: ${states.length === 0 ? 'done' : states.join(', ')}`;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return `${sayDeed(deed)}: ${error.message}`;
  }
}

function send({ verb, target, by = 0 }: Deed, client: Client): ReturnType<Client['start']> {
  switch (verb) {
    case 'start':
      return client.start(target);
    case 'stop':
      return client.stop(target);
    case 'restart':
      return client.restart(target);
    case 'scale':
      return client.scale(target, { by });
  }
}
