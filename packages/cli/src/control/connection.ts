import { existsSync, readFileSync } from 'node:fs';
import type { ClientOptions } from '@pm-supervisor/client';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { UsageError } from '../usage-error.ts';
import { findSocket } from './socket-place.ts';
import { readTlsFiles } from './tls-files.ts';

/** What decides which supervisor is meant, beside the options. */
export interface Surroundings extends Pick<CliContext, 'env' | 'cwd'> {
  /** Default: the file system's. */
  readonly exists?: (path: string) => boolean;
  /** Default: the file system's. */
  readonly readFile?: (path: string) => Buffer;
}

/** Nobody says which supervisor is meant: it is looked for. */
export function isGuessed(options: Readonly<Record<string, unknown>>, env: CliContext['env']): boolean {
  return [options['socket'], options['url'], env['PM_URL'], env['PM_SOCKET']].every(
    (value) => textOf(value) === undefined,
  );
}

/** Adds the options that say which supervisor is meant. */
export function declareConnection(command: Command): Command {
  return command
    .option('--socket <PATH>', 'control socket (default: PM_SOCKET, else found where the configuration puts it)')
    .option('--url <URL>', 'http(s)://HOST:PORT instead (default: PM_URL); the token is PM_API_TOKEN')
    .option('--ca-file <FILE>', 'with https: who signed its certificate (default: PM_CA_FILE)')
    .option('--cert-file <FILE>', 'with https: a certificate to show (default: PM_CERT_FILE)')
    .option('--key-file <FILE>', 'the key of that certificate (default: PM_KEY_FILE)');
}

/**
 * Which supervisor is meant: `--url` or `--socket`, then PM_URL, which somebody must have set, then PM_SOCKET, which every
 * supervised process has, then the socket in the first place that has one. Throws UsageError where options do not fit,
 * ConfigError where the configuration has to tell and cannot be read.
 */
export async function toClientOptions(
  options: Readonly<Record<string, unknown>>,
  surroundings: Surroundings,
): Promise<ClientOptions> {
  const { env } = surroundings;
  const [socket, url] = [textOf(options['socket']), textOf(options['url'])];
  if (socket !== undefined && url !== undefined)
    throw new UsageError('--socket and --url exclude each other', 'Keep one of them.');
  const [envUrl, envSocket] = [textOf(env['PM_URL']), textOf(env['PM_SOCKET'])];
  const chosen = url ?? (socket === undefined ? envUrl : undefined);
  if (chosen !== undefined) return toUrlOptions(chosen, options, surroundings);
  refuseTls(options);
  const { exists = existsSync } = surroundings;
  return { socket: socket ?? envSocket ?? (await findSocket(surroundings, exists)) };
}

function toUrlOptions(
  url: string,
  options: Readonly<Record<string, unknown>>,
  { env, cwd, readFile = readFileSync }: Surroundings,
): ClientOptions {
  const token = textOf(env['PM_API_TOKEN']);
  const named = { url, ...(token === undefined ? {} : { token }) };
  if (!url.startsWith('https:')) {
    refuseTls(options);
    return named;
  }
  const fileOf = (option: string, variable: string): string | undefined =>
    textOf(options[option]) ?? textOf(env[variable]);
  const tls = readTlsFiles(
    {
      ca: fileOf('caFile', 'PM_CA_FILE'),
      cert: fileOf('certFile', 'PM_CERT_FILE'),
      key: fileOf('keyFile', 'PM_KEY_FILE'),
    },
    { cwd, readFile },
  );
  return { ...named, ...(tls === undefined ? {} : { tls }) };
}

/** What has no effect would be taken for security. Variables may be there for other calls. */
function refuseTls(options: Readonly<Record<string, unknown>>): void {
  const given = Object.entries({ caFile: '--ca-file', certFile: '--cert-file', keyFile: '--key-file' }).find(
    ([name]) => textOf(options[name]) !== undefined,
  );
  if (given !== undefined)
    throw new UsageError(`${given[1]} is for https`, 'Name the supervisor with --url https://HOST:PORT.');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
