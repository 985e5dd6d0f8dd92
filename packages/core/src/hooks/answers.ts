import type { SpawnRequest } from '../os/spawner.ts';
import type { LogRecord } from '../log/record.ts';
import { deepFreeze } from './freeze.ts';
import type { HookName } from './hooks.ts';

/**
 * What a tap may answer, by hook: returns the value that core goes on with, or throws TypeError saying what is
 * wrong. `given` is what the tap got. An answer is copied before it is looked at: a getter could show one value
 * to the check and another to the spawner.
 */
export const answerChecks: Readonly<Partial<Record<HookName, (answer: unknown, given: unknown) => unknown>>> = {
  'config.detect': (answer) => checkFacts(answer),
  'plan.transform': (answer) => checkDraft(answer),
  'command.received': (answer) => checkRefusal(answer),
  'instance.spawning': (answer, given) => checkRequest(answer, given as SpawnRequest),
  'instance.restart': (answer) => checkVerdict(answer),
  'log.line': (answer, given) => checkRecord(answer, given as LogRecord),
};

function checkFacts(answer: unknown): unknown {
  return deepFreeze({ ...toMap(answer, 'facts: an object') });
}

function checkDraft(answer: unknown): unknown {
  const draft = toMap(answer, 'a draft');
  for (const key of ['global', 'hooks', 'processes', 'bundles', 'templates', 'sections'] as const) {
    toMap(draft[key], `a draft with "${key}" (return a copy: { ...draft, … })`);
  }
  return deepFreeze(draft);
}

function checkRefusal(answer: unknown): unknown {
  const { message, hint } = toMap(answer, 'a refusal: { message, hint? }');
  return {
    message: toText(message, 'refusal.message'),
    ...(hint === undefined ? {} : { hint: toText(hint, 'refusal.hint') }),
  };
}

function checkVerdict(answer: unknown): unknown {
  const { restart, delayMs, why } = toMap(answer, 'a verdict: { restart, delayMs?, why }');
  if (typeof restart !== 'boolean') throw new TypeError('verdict.restart must be true or false');
  if (delayMs !== undefined && !(typeof delayMs === 'number' && delayMs >= 0 && Number.isFinite(delayMs))) {
    throw new TypeError('verdict.delayMs must be a number of milliseconds, 0 or more');
  }
  return { restart, why: toText(why, 'verdict.why'), ...(delayMs === undefined ? {} : { delayMs }) };
}

/** What a tap must hand back as it got it: the supervisor's own bookkeeping hangs on it. */
const fixedRequestKeys = ['instance', 'process', 'tty', 'stdin', 'output', 'notifyFd', 'containment'] as const;

function checkRequest(answer: unknown, given: SpawnRequest): unknown {
  const request = structuredClone(toMap(answer, 'a spawn request')) as Partial<SpawnRequest>;
  for (const key of fixedRequestKeys) {
    if (JSON.stringify(request[key]) !== JSON.stringify(given[key]))
      throw new TypeError(`request.${key} cannot be changed`);
  }
  checkArgv(request.argv);
  checkEnv(request.env);
  if (toText(request.cwd, 'request.cwd') === '') throw new TypeError('request.cwd must not be empty');
  checkOs(request.os, given);
  return deepFreeze(request);
}

function checkArgv(argv: unknown): void {
  if (!Array.isArray(argv) || argv.length === 0)
    throw new TypeError('request.argv must be a list with at least one word');
  argv.forEach((word, index) => toText(word, `request.argv[${index}]`));
  if (argv[0] === '') throw new TypeError('request.argv[0] must not be empty');
}

function checkEnv(env: unknown): void {
  for (const [name, value] of Object.entries(toMap(env, 'request.env: an object'))) {
    if (name === '' || name.includes('=') || name.includes('\0'))
      throw new TypeError(`request.env has a bad name: ${JSON.stringify(name)}`);
    toText(value, `request.env.${name}`);
  }
}

/** A process never runs as another user than the configuration asked for, whatever a plugin says. */
function checkOs(os: unknown, given: SpawnRequest): void {
  const { credentials } = toMap(os, 'request.os: an object') as { credentials?: unknown };
  if (JSON.stringify(credentials) !== JSON.stringify(given.os.credentials)) {
    throw new TypeError('request.os.credentials cannot be changed: set "user" in the configuration');
  }
}

function checkRecord(answer: unknown, given: LogRecord): unknown {
  const record = answer as LogRecord;
  if (typeof record !== 'object' || record === null || typeof record.text !== 'string') {
    throw new TypeError('the answer must be a record with a "text"');
  }
  if (record === given) return given;
  const { process, instance, stream } = given;
  return deepFreeze({ ...record, process, instance, stream });
}

function toMap(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypeError(`the answer must be ${what}`);
}

function toText(value: unknown, what: string): string {
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw new TypeError(`${what} must be text without NUL`);
}
