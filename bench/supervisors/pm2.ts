import { type EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { toNames, type Control, type Inquiry, type Supervisor } from './supervisor.ts';

/** `pm2-runtime`, the one that is meant for containers: in the foreground, without a daemon beside it. */
export function createPm2(program: string): Supervisor {
  return {
    name: 'pm2',
    stopSignal: 'SIGINT',
    configure(folder, load) {
      const apps = toNames(load).map((name) => ({
        name,
        script: load.program,
        interpreter: 'none',
        exec_mode: 'fork',
      }));
      const path = join(folder, 'ecosystem.json');
      writeFileSync(path, JSON.stringify({ apps }));
      return { argv: [process.execPath, program, 'start', path], env: toEnv(folder) };
    },
    control: (folder) => createControl(dirname(program), folder),
  };
}

function toEnv(folder: string): Record<string, string> {
  return { PM2_HOME: join(folder, 'pm2') };
}

function createControl(programs: string, folder: string): Control {
  return {
    program: { argv: [process.execPath, join(programs, 'pm2'), 'jlist'], env: toEnv(folder) },
    askUsage: () => openRpc(createRequire(join(programs, 'pm2')), join(folder, 'pm2/rpc.sock')),
  };
}

/** What is used here of pm2's own modules. */
interface Axon {
  socket(kind: 'req'): AxonSocket;
}
interface AxonSocket extends EventEmitter {
  connect(path: string): void;
  close(): void;
}
interface Rpc {
  Client: new (socket: AxonSocket) => {
    call(method: string, options: object, done: (error: unknown, list: readonly unknown[]) => void): void;
  };
}

/** As `pm2 jlist` asks. Its answer is read as JSON on the way, which pm2's protocol cannot do without. */
async function openRpc(load: NodeJS.Require, path: string): Promise<Inquiry> {
  const [axon, rpc] = [load('../modules/pm2-axon') as Axon, load('../modules/pm2-axon-rpc') as Rpc];
  const socket = axon.socket('req');
  const client = new rpc.Client(socket);
  // Told by its event alone: with a path it forgets the callback.
  const connected = once(socket, 'connect', { signal: AbortSignal.timeout(10_000) });
  socket.connect(path);
  await connected;
  let known = 0;
  return {
    ask: () =>
      new Promise((resolve, reject) =>
        client.call('getMonitorData', {}, (error, list) => {
          if (error !== null) return reject(error);
          known = list.length;
          resolve();
        }),
      ),
    count: () => known,
    close: () => socket.close(),
  };
}
