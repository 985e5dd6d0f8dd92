import { once } from 'node:events';
import { connect } from 'node:net';
import type { Command, CommandResult, Snapshot } from '@pm-supervisor/core';
import type { Folder } from './folder.ts';

/** Commands to a running supervisor, through a plugin of the test. */
export interface Remote {
  /** Rejects with the message of a refusal. `waitMs` waits for the final state. */
  dispatch(command: Command, waitMs?: number): Promise<CommandResult>;
  snapshot(): Promise<Snapshot>;
}

/** What goes under `plugins:`. */
export const remotePlugin = './remote.mjs';

/** Writes the plugin; the supervisor listens on `remote.sock` in the folder once it has started. */
export async function useRemote(folder: Folder): Promise<Remote> {
  await folder.write('remote.mjs', source);
  return {
    dispatch: (command, waitMs) => ask(folder, { command, waitMs }) as Promise<CommandResult>,
    snapshot: () => ask(folder, {}) as Promise<Snapshot>,
  };
}

const source = `
import { createServer } from 'node:net';
import { definePlugin } from '@pm-supervisor/core';

export const remote = definePlugin(() => ({
  name: 'remote',
  setup(pm) {
    const answer = async ({ command, waitMs }) => (command ? pm.dispatch(command, { waitMs }) : pm.snapshot());
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => (text += chunk));
      socket.on('end', () => {
        answer(JSON.parse(text)).then(
          (value) => socket.end(JSON.stringify({ value })),
          (error) => socket.end(JSON.stringify({ error: error.message, hint: error.hint })),
        );
      });
    });
    pm.hooks.supervisor.starting.tap(() => new Promise((resolve) => server.listen('remote.sock', resolve)));
    return () => server.close();
  },
}));
`;

async function ask(folder: Folder, question: unknown): Promise<unknown> {
  const socket = connect(`${folder.path}/remote.sock`);
  await once(socket, 'connect');
  socket.end(JSON.stringify(question));
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk as string;
  const { value, error, hint } = JSON.parse(text) as { value?: unknown; error?: string; hint?: string };
  if (error !== undefined) throw new Error(hint === undefined ? error : `${error} ${hint}`);
  return value;
}
