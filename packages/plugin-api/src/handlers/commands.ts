import { readSignal, type Command } from '@pm-supervisor/core';
import type { Answer } from '../http/answer.ts';
import type {
  Declaration,
  NamedDeclaration,
  Operation,
  ReconcileRequest,
  ScaleRequest,
  ShutdownRequest,
  SignalRequest,
} from '../routes/bodies.ts';
import { Refused } from '../problem.ts';
import { type ApiContext, type ApiRequest, flagOf, type Handler, numberOf, textOf } from './handler.ts';
import { toNames } from './targets.ts';

/** The only way from a request to a change: everything goes through `dispatch`, in the name of the caller. */
async function order(context: ApiContext, request: ApiRequest, command: Command): Promise<Answer> {
  const { caller, from } = request;
  const targets =
    'targets' in command
      ? command.targets
      : 'process' in command
        ? [command.process]
        : 'name' in command
          ? [command.name]
          : [];
  const operation = await context.operations.start(
    { command, targets, caller: caller?.name ?? 'anonymous', from },
    numberOf(request, 'wait'),
  );
  return toAnswer(operation);
}

function toAnswer(operation: Operation): Answer {
  if (operation.state !== 'running') return { status: 200, body: operation };
  return { status: 202, body: operation, headers: { location: `/api/v1/operations/${operation.id}` } };
}

function targetsOf(request: ApiRequest): readonly string[] {
  return toNames(textOf(request, 'name') ?? '');
}

export const startProcesses: Handler = (context, request) =>
  order(context, request, { type: 'start', targets: targetsOf(request) });

export const stopProcesses: Handler = (context, request) =>
  order(context, request, { type: 'stop', targets: targetsOf(request) });

export const restartProcesses: Handler = (context, request) => {
  const rolling = flagOf(request, 'rolling');
  return order(context, request, { type: 'restart', targets: targetsOf(request), ...(rolling ? { rolling } : {}) });
};

export const reloadProcesses: Handler = (context, request) =>
  order(context, request, { type: 'reload', targets: targetsOf(request) });

export const signalProcesses: Handler = (context, request) => {
  const { signal } = request.body as SignalRequest;
  return order(context, request, { type: 'signal', targets: targetsOf(request), signal: toSignal(signal) });
};

/** `HUP` as well as `SIGHUP`. */
function toSignal(text: string): NodeJS.Signals {
  const upper = text.toUpperCase();
  const reading = readSignal(upper.startsWith('SIG') ? upper : `SIG${upper}`);
  if (reading.ok) return reading.signal;
  throw new Refused('PM_COMMAND_INVALID', reading.message, { hint: reading.hint });
}

/** Relative changes one after the other: two that come at once add up. */
export const scaleProcess: Handler = (context, request) => {
  const process = textOf(request, 'name') ?? '';
  const { desired, delta } = request.body as ScaleRequest;
  if (desired !== undefined) return order(context, request, { type: 'scale', process, to: desired });
  return context.inTurn(`scale ${process}`, () => {
    const now = context.pm.snapshot().processes.find(({ name }) => name === process)?.scale ?? 0;
    return order(context, request, { type: 'scale', process, to: Math.max(0, now + (delta ?? 0)) });
  });
};

export const putProcess: Handler = (context, request) => {
  const declaration = request.body as Declaration;
  return order(context, request, {
    type: 'put-process',
    name: textOf(request, 'name') ?? '',
    declaration: unwrap(declaration),
  });
};

/** PHPeek PM sends `{process: {…}}`; no process has a key of that name. */
function unwrap(declaration: Declaration): Declaration {
  const { process, ...rest } = declaration;
  const isWrapped = typeof process === 'object' && process !== null && Object.keys(rest).length === 0;
  return isWrapped ? (process as Declaration) : declaration;
}

export const addProcess: Handler = (context, request) => {
  const { name, process } = request.body as NamedDeclaration;
  return order(context, request, { type: 'put-process', name, declaration: process });
};

export const removeProcess: Handler = (context, request) =>
  order(context, request, { type: 'remove-process', name: textOf(request, 'name') ?? '' });

export const removeLabelled: Handler = (context, request) => {
  const label = textOf(request, 'label');
  if (label === undefined)
    throw new Refused('PM_API_INVALID', 'which processes?', {
      errors: [{ path: 'label', message: 'is missing' }],
      hint: 'Give ?label=KEY=VALUE.',
    });
  return order(context, request, { type: 'reconcile', label: toLabel(label), declarations: {}, ...toDryRun(request) });
};

export const reconcileProcesses: Handler = (context, request) => {
  const { label, processes } = request.body as ReconcileRequest;
  return order(context, request, {
    type: 'reconcile',
    label: toLabel(label),
    declarations: processes,
    ...toDryRun(request),
  });
};

export const reloadConfig: Handler = (context, request) =>
  order(context, request, { type: 'apply-config', ...toDryRun(request) });

export const shutDown: Handler = (context, request) => {
  const { reason = 'asked for by the API' } = (request.body ?? {}) as ShutdownRequest;
  return order(context, request, { type: 'shutdown', reason });
};

function toDryRun(request: ApiRequest): { readonly dryRun?: true } {
  return flagOf(request, 'dry_run') ? { dryRun: true } : {};
}

/** `KEY=VALUE` or `KEY:VALUE`; its form was checked. */
function toLabel(text: string): readonly [string, string] {
  const at = text.search(/[=:]/);
  return [text.slice(0, at), text.slice(at + 1)];
}
