import { Option } from 'commander';
import { TimeoutError, type ProcessStatus, type Status } from '@pm-supervisor/client';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { sayFailure, toSubjects, type Subject } from '../control/outcome.ts';
import { isDown } from '../control/states.ts';
import { toDuration } from '../control/wait.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Verb } from '../verbs.ts';

const conditions = ['ready', 'stopped', 'completed'] as const;
type Condition = (typeof conditions)[number];

/** `pm wait`: exit 0 as soon as it holds for all, 1 when it cannot come any more or time is over. */
export const wait: Verb = createControlVerb({
  declare: (command) =>
    command
      .argument('<name...>', 'processes, instances, bundles, label=KEY=VALUE')
      .addOption(new Option('--for <STATE>', 'what to wait for').choices(conditions).default('ready'))
      .option('--timeout <DURATION>', 'at most this long: 30s, 2m (default: no limit)'),
  examples: {
    'pm wait web --timeout 1m && run-the-tests': 'when web is ready',
    'pm wait migrate --for completed': 'when it has succeeded; exit 1 when it failed for good',
    'pm wait label=tier=queue --for stopped': 'when nothing of it runs any more',
  },
  run: async (call) => {
    const { client, args, options } = call;
    const condition = options['for'] as Condition;
    const limit = options['timeout'] === undefined ? {} : { limitMs: toDuration('--timeout', options['timeout']) };
    const names = (await client.processes({ name: args, usage: false })).map(({ name }) => name);
    const toQuestion = ({ processes }: Pick<Status, 'processes'>): Question => ({
      names,
      targets: args,
      processes,
      condition,
    });
    try {
      return tell(await client.until((status) => judge(toQuestion(status)), { ...limit, reconnect: false }), call);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      const code = tell(toMissed(toQuestion(await client.status({ usage: false }))), call);
      if (code !== exitCodes.ok)
        call.context.stderr.write(`  Not ${condition} within ${String(options['timeout'])}.\n`);
      return code;
    }
  },
});

/** All that the answer depends on. */
export interface Question {
  /** Processes that were there when it was asked. */
  readonly names: readonly string[];
  /** As they were given: they may name single instances. */
  readonly targets: readonly string[];
  readonly processes: readonly ProcessStatus[];
  readonly condition: Condition;
}

/** How it stands; `missed` are those it does not hold for. */
export interface Verdict {
  readonly subjects: readonly Subject[];
  readonly missed: readonly Subject[];
}

/** undefined: not yet. One for which it can never hold ends the wait. Pure. */
export function judge(question: Question): Verdict | undefined {
  const subjects = toSubjectsOf(question);
  const missed = subjects.filter((subject) => isLost(subject, question.condition));
  return missed.length > 0 || subjects.every((subject) => holds(subject, question.condition))
    ? { subjects, missed }
    : undefined;
}

function toMissed(question: Question): Verdict {
  const subjects = toSubjectsOf(question);
  return { subjects, missed: subjects.filter((subject) => !holds(subject, question.condition)) };
}

const removed = 'it was removed';

function toSubjectsOf({ names, targets, processes }: Question): Subject[] {
  const found = processes.filter(({ name }) => names.includes(name));
  const gone = names.filter((name) => found.every((process) => process.name !== name));
  return [
    ...toSubjects({ targets, processes: found }),
    ...gone.map((name): Subject => ({ name, state: 'STOPPED', pid: null, reason: removed })),
  ];
}

function holds(subject: Subject, condition: Condition): boolean {
  if (condition === 'stopped') return isDown(subject);
  return subject.state === 'COMPLETED' || (condition === 'ready' && subject.state === 'READY');
}

/** What failed for good or was removed comes back only if somebody sees to it. */
function isLost({ state, reason }: Subject, condition: Condition): boolean {
  return condition !== 'stopped' && (state === 'FAILED' || (state === 'STOPPED' && reason === removed));
}

function tell({ subjects, missed }: Verdict, { context, json }: ControlCall): number {
  if (json) context.stdout.write(`${JSON.stringify(subjects, undefined, 2)}\n`);
  context.stderr.write(missed.map((subject) => `pm: ${sayFailure(subject)}\n`).join(''));
  return missed.length === 0 ? exitCodes.ok : exitCodes.failed;
}
