import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientOptions } from '@pm-supervisor/client';
import { listRuntimeDirs } from '@pm-supervisor/core';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { UsageError } from '../usage-error.ts';

type Environment = CliContext['env'];

/** Adds the options that say which supervisor is meant. */
export function declareConnection(command: Command): Command {
  return command
    .option('--socket <PATH>', 'control socket (default: PM_SOCKET, else pm.sock in the runtime directory)')
    .option('--url <URL>', 'http(s)://HOST:PORT instead (default: PM_URL); the token is PM_API_TOKEN');
}

/**
 * Which supervisor is meant: `--url` or `--socket`, then PM_URL, which somebody must have set, then PM_SOCKET, which every
 * supervised process has, then the socket in the first runtime directory that has one. Throws UsageError for both options.
 */
export function toClientOptions(
  options: Readonly<Record<string, unknown>>,
  env: Environment,
  exists: (path: string) => boolean = existsSync,
): ClientOptions {
  const [socket, url] = [textOf(options['socket']), textOf(options['url'])];
  if (socket !== undefined && url !== undefined)
    throw new UsageError('--socket and --url exclude each other', 'Keep one of them.');
  if (url !== undefined) return toUrlOptions(url, env);
  if (socket !== undefined) return { socket };
  const [envUrl, envSocket] = [textOf(env['PM_URL']), textOf(env['PM_SOCKET'])];
  if (envUrl !== undefined) return toUrlOptions(envUrl, env);
  return { socket: envSocket ?? findSocket(env, exists) };
}

function toUrlOptions(url: string, env: Environment): ClientOptions {
  const token = textOf(env['PM_API_TOKEN']);
  return { url, ...(token === undefined ? {} : { token }) };
}

/** Where there is none, the likeliest place is named in the error. */
function findSocket(env: Environment, exists: (path: string) => boolean): string {
  const sockets = listRuntimeDirs(env).map((folder) => join(folder, 'pm.sock'));
  return sockets.find((path) => exists(path)) ?? sockets[0] ?? '/run/pm/pm.sock';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
