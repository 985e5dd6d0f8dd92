import type { ProcessStatus } from '@pm-supervisor/client';
import { sayFailure, toSubjects, type Subject } from '../control/outcome.ts';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { toDuration } from '../control/wait.ts';
import { exitCodes } from '../exit-codes.ts';
import { isFine } from '../render/status.ts';
import type { Verb } from '../verbs.ts';

/** Docker knows 0 and 1 alone, and kills what takes longer than its own limit. */
const defaultTimeout = '5s';

/** `pm health`, a container's HEALTHCHECK: exit 0 when everything that boots is ready, or what was named is; else 1. */
export const health: Verb = createControlVerb({
  declare: (command) =>
    command
      .argument('[name...]', 'just these must be ready (default: everything that boots)')
      .option('--timeout <DURATION>', `for the answer (default: ${defaultTimeout})`),
  examples: {
    'pm health': 'everything that boots is ready',
    'pm health web php-fpm': 'these are',
    'HEALTHCHECK CMD ["pm", "health"]': 'in a Dockerfile',
  },
  whenUnreachable: exitCodes.failed,
  run: async (call) => {
    const timeoutMs = toDuration('--timeout', call.options['timeout'] ?? defaultTimeout);
    return call.args.length === 0 ? askAll(call, timeoutMs) : askSome(call, timeoutMs);
  },
});

async function askAll(call: ControlCall, timeoutMs: number): Promise<number> {
  const { status, phase, waiting } = await call.client.readiness({ timeoutMs });
  const complaints = waiting.map(({ process, state, reason }) => ({ name: process, state, reason }));
  return tell({ ok: status === 'ready', complaints, otherwise: `pm is ${phase}` }, call);
}

async function askSome(call: ControlCall, timeoutMs: number): Promise<number> {
  const processes: readonly ProcessStatus[] = await call.client.processes({ name: call.args, usage: false, timeoutMs });
  const complaints = toSubjects({ targets: call.args, processes }).filter(
    ({ state }) => !isFine({ state, desired: 'up' }),
  );
  return tell({ ok: complaints.length === 0, complaints, otherwise: '' }, call);
}

type Complaint = Pick<Subject, 'name' | 'state' | 'reason'>;

interface Answer {
  readonly ok: boolean;
  readonly complaints: readonly Complaint[];
  /** What to say where there is nothing to name. */
  readonly otherwise: string;
}

/** Docker keeps what a health check prints and shows it in `docker inspect`. */
function tell({ ok, complaints, otherwise }: Answer, { context, json }: ControlCall): number {
  const named = complaints.map(sayFailure);
  const lines = ok ? ['ok'] : named.length === 0 ? [otherwise] : named;
  context.stdout.write(
    json ? `${JSON.stringify({ ok, waiting: complaints }, undefined, 2)}\n` : `${lines.join('\n')}\n`,
  );
  return ok ? exitCodes.ok : exitCodes.failed;
}
