import { dirname, join, resolve } from 'node:path';
import { listRuntimeDirs, peekConfig } from '@pm-supervisor/core';
import type { CliContext } from '../context.ts';

/**
 * The control socket of the supervisor that a verb means when nobody says: that of PM_RUNTIME_DIR, then where the
 * configuration found here puts it, then the usual places. Where there is none, the likeliest is named in the error.
 * Throws ConfigError where there is none and the configuration, which may say where, cannot be read.
 */
export async function findSocket(
  { env, cwd }: Pick<CliContext, 'env' | 'cwd'>,
  exists: (path: string) => boolean,
): Promise<string> {
  const usual = listRuntimeDirs(env).map(toSocket);
  // Somebody chose it: the configuration need not be read.
  const chosen = env['PM_RUNTIME_DIR'] ? usual[0] : undefined;
  if (chosen !== undefined && exists(chosen)) return chosen;
  const there = usual.find((path) => exists(path));
  const configured = await listConfigured({ env, cwd }).catch((error: unknown) => {
    // The socket that is there may be the one.
    if (there === undefined) throw error;
    return [];
  });
  return configured.find((path) => exists(path)) ?? there ?? configured[0] ?? usual[0] ?? '/run/pm/pm.sock';
}

/** Where files and environment put it: a socket of its own, or a folder for it. */
async function listConfigured({ env, cwd }: Pick<CliContext, 'env' | 'cwd'>): Promise<readonly string[]> {
  const config = await peekConfig({ env, cwd }, ['runtime_dir', 'socket']);
  const socket = [
    env['PM_GLOBAL_API_SOCKET'],
    find(config?.value, 'plugins', 'api', 'socket'),
    find(config?.value, 'global', 'api_socket'),
  ].find(isText);
  const folder = [env['PM_GLOBAL_RUNTIME_DIR'], find(config?.value, 'global', 'runtime_dir')].find(isText);
  const places = [
    ...(socket === undefined ? [] : [socket]),
    ...(folder === undefined || folder === 'auto' ? [] : [toSocket(folder)]),
  ];
  // Relative to where the supervisor was started: most often the folder of its configuration.
  const bases = [...new Set([...(config === undefined ? [] : [dirname(config.origin)]), cwd])];
  return places.flatMap((place) => bases.map((base) => resolve(base, place)));
}

function toSocket(folder: string): string {
  return join(folder, 'pm.sock');
}

/** What stands there, whatever the shape of the rest is: nobody has checked it. */
function find(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
