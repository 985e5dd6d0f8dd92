import {
  ApiError,
  ClientError,
  createClient,
  UnreachableError,
  type Client,
  type Problem,
} from '@pm-supervisor/client';
import { ConfigError } from '@pm-supervisor/core';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { showDiagnostics } from '../diagnostics.ts';
import { exitCodes } from '../exit-codes.ts';
import { createPaint, type Paint } from '../paint.ts';
import type { Invocation, Verb } from '../verbs.ts';
import { toPlain } from '../render/table.ts';
import { UsageError } from '../usage-error.ts';
import { declareConnection, isGuessed, toClientOptions } from './connection.ts';

/** A verb that talks to a running supervisor. */
export interface ControlVerb {
  readonly declare: (command: Command) => Command;
  /** Command lines and what they do, for the help. */
  readonly examples: Readonly<Record<string, string>>;
  /** Resolves to the exit code. */
  readonly run: (call: ControlCall) => Promise<number>;
  /** What it answers where no supervisor is there. Default 3, told on stderr. */
  readonly whenUnreachable?: number;
  /** false: there is no answer to be had as JSON. */
  readonly hasJson?: false;
}

export interface ControlCall extends Invocation {
  readonly client: Client;
  readonly context: CliContext;
  /** Colours for the answer. */
  readonly paint: Paint;
  /** `--json`. */
  readonly json: boolean;
}

/** Adds connection and `--json` to a verb, and tells failures. */
export function createControlVerb(verb: ControlVerb): Verb {
  return {
    declare: (command) => {
      const declared = declareConnection(verb.declare(command));
      if (verb.hasJson !== false) declared.option('--json', 'answer with JSON');
      return declared.addHelpText('after', showExamples(verb.examples));
    },
    async run(invocation, context) {
      const client = await connect(invocation, context);
      if (client === undefined) return verb.whenUnreachable ?? exitCodes.notRunning;
      const json = invocation.options['json'] === true;
      try {
        return await verb.run({ ...invocation, client, context, json, paint: createPaint(context, context.stdout) });
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        const hint = isGuessed(invocation.options, context.env) ? toGuessHint(error) : undefined;
        context.stderr.write(toText(error, createPaint(context, context.stderr), hint));
        return error instanceof UnreachableError ? (verb.whenUnreachable ?? exitCodes.notRunning) : exitCodes.failed;
      } finally {
        client.close();
      }
    },
  };
}

/** undefined: it cannot be told where the supervisor is, which was said. Throws UsageError where the options make no client. */
async function connect({ options }: Invocation, context: CliContext): Promise<Client | undefined> {
  try {
    return createClient(await toClientOptions(options, context));
  } catch (error) {
    if (error instanceof ClientError) throw new UsageError(error.message, error.hint);
    if (!(error instanceof ConfigError)) throw error;
    const paint = createPaint(context, context.stderr);
    context.stderr.write(
      `${showDiagnostics(error.diagnostics, paint)}${paint(['bold', 'red'], 'pm:')} no supervisor was found, and the configuration, which may say where its socket is, cannot be read\n  Repair it, or name the socket: --socket, PM_SOCKET.\n`,
    );
    return undefined;
  }
}

function showExamples(examples: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(examples).map(({ length }) => length));
  const lines = Object.entries(examples).map(([line, does]) => `  ${line.padEnd(width)}  ${does}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

/** Not found is no proof that none runs. */
function toGuessHint(error: ClientError): string | undefined {
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return error instanceof UnreachableError && code === 'ENOENT'
    ? 'Start it with "pm run", or say where it is: --socket, PM_SOCKET, or PM_CONFIG for the configuration that it runs.'
    : undefined;
}

/** What went wrong, every single thing that is wrong, and what to do. Some of the words may be those of a service. */
export function toText(error: ClientError, paint: Paint, instead?: string): string {
  const details = error instanceof ApiError ? toDetails(error.problem) : [];
  const toDo = instead ?? error.hint;
  const hint = toDo === undefined ? [] : [`  ${toDo}`];
  const [first = '', ...more] = [error.message, ...details, ...hint].flatMap((text) => text.split('\n')).map(toPlain);
  return `${[`${paint(['bold', 'red'], 'pm:')} ${first}`, ...more].join('\n')}\n`;
}

function toDetails({ errors }: Problem): string[] {
  if (!Array.isArray(errors)) return [];
  return (errors as readonly { path?: string; message?: string; hint?: string; at?: string }[]).flatMap(
    ({ path = '', message = '', hint, at }) => [
      `  ${at === undefined ? '' : `${at} `}${path}: ${message}`,
      ...(hint === undefined ? [] : [`    ${hint}`]),
    ],
  );
}
