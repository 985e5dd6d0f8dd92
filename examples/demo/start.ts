// `npm run demo`: builds pm, finds a free port, and starts what pm.yaml describes.
import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = import.meta.dirname;
const root = join(folder, '../..');
const program = join(root, 'packages/cli/dist/pm.js');

build('the native helper', 'packages/native/build.ts');
if (isStale(program)) build('pm', 'packages/cli/build.ts');
const wanted = Number(process.env['DEMO_PORT'] ?? 8080);
const port = await findFreePort(wanted);
if (port !== wanted) console.log(`Port ${wanted} is taken; the demo uses ${port}. DEMO_PORT chooses another.`);
console.log(
  'Starting the demo: a migration, a web server, a worker, three queues, and one that is moody. Ctrl-C stops it.\n',
);
run(port);

/** The demo needs no types, so no compiler: bundling takes a quarter of a second. */
function build(what: string, script: string): void {
  const { status, stderr, error } = spawnSync(process.execPath, [join(root, script)], { encoding: 'utf8' });
  if (status === 0) return;
  console.error(`Cannot build ${what} (${script}):\n${error?.message ?? stderr}`);
  process.exit(1);
}

function isStale(bundle: string): boolean {
  const built = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ['native', 'core', 'cli'].map((name) => join(root, 'packages', name, 'src'));
  return sources.some((source) =>
    globSync('**/*.ts', { cwd: source }).some((file) => statSync(join(source, file)).mtimeMs > built),
  );
}

/** The wanted port, or the first free one of the twenty that follow. */
async function findFreePort(first: number): Promise<number> {
  for (let candidate = first; candidate <= first + 20; candidate++) {
    if (await isFree(candidate)) return candidate;
  }
  console.error(`No port from ${first} to ${first + 20} is free on 127.0.0.1. DEMO_PORT chooses another.`);
  return process.exit(1);
}

function isFree(candidate: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(candidate, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Ctrl-C reaches pm by itself, as it reaches all that the terminal started: here it only must not end us first. */
function run(freePort: number): void {
  const scratch = mkdtempSync(join(tmpdir(), 'pm-demo-'));
  const child = spawn(process.execPath, [program, 'run', '--watch'], {
    cwd: folder,
    stdio: 'inherit',
    env: {
      ...process.env,
      DEMO_PORT: String(freePort),
      DEMO_FOLDER: scratch,
      // A machine may run another pm; a container would not.
      PM_RUNTIME_DIR: join(scratch, 'run'),
    },
  });
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}
