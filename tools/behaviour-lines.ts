/** One numbered promise of pm, and who keeps it. */
export interface BehaviourLine {
  readonly line: number;
  readonly chapter: string;
  /** What a user can rely on, in one or two sentences. */
  readonly promise: string;
  readonly owner: 'core' | 'healthchecks' | 'cron' | 'metrics' | 'api';
}

/**
 * The behaviour contract. A test shows a line by carrying its number in its title: `[line 23]`, `[lines 22, 23]`.
 * A line whose owner is core must be shown by a test with real processes, else `npm run check` fails.
 */
export const behaviourLines: readonly BehaviourLine[] = [
  ...chapter('Boot', 'core', {
    1: 'Configuration and plan are checked whole before anything starts. With a bad configuration `pm run` exits 78 and has started nothing.',
    2: '`hooks.pre_start` run in order, then processes start: each as soon as its own dependencies are met, independent ones in parallel.',
    3: '`depends_on` waits for `started`, `ready` or `completed`. A dependent never starts before a oneshot it depends on has succeeded. Readiness closes on exit, stop and unhealthy, and opens again only by its rule.',
    4: '`priority` orders what dependencies leave free: a wave opens when every process of the earlier waves was spawned. Dependencies win, and `pm check` warns where both contradict.',
    5: 'A dependency that takes too long, or can never come, makes the dependent FAILED with a reason that names the culprit; at once where it is certain. `optional: true` starts without it.',
    6: 'A boot can be stopped at any moment: SIGTERM during pre_start hooks or dependency waits drains at once.',
    7: 'post_start hooks run when every process that boots is ready, or has failed and is not required.',
    8: 'A second `pm run` on the same socket refuses to start and names the pid of the first.',
  }),
  ...chapter('Running', 'core', {
    9: 'Every exit is recorded in words: which signal, or which code and what it likely means.',
    10: 'Restart policies `always`, `on-failure` and `never`; exponential backoff with jitter over consecutive failures; a clean exit after a second restarts at once and does not count; the count resets after the stability window.',
    11: 'After the last attempt a process is FAILED. If it is `required`, everything stops and `pm run` exits with its code (128+N for a signal); otherwise `on_process_failure` decides.',
    12: 'A spawn that fails is a failure like any other: counted, retried, reported with the stage and the fix. Nothing ever runs as another user than asked.',
    13: 'Idle means: nothing runs, waits for a retry, is scheduled or on demand. Then `on_idle: exit` ends `pm run` with the first failing code, else 0.',
    14: 'Scaling up starts instances, scaling down drains the highest first. 0 is stopped and can be scaled up again. Each instance has its own probe, history and port.',
    15: 'A rolling restart takes one instance at a time, the next when the last is ready, and stops with a report when one does not become ready.',
    16: 'Reload applies the least: unchanged processes keep their pids, changed ones restart in dependency order, removed ones stop. A bad configuration changes nothing and says why. A dry run shows the difference. Atomic renames and symlink swaps are seen by `--watch`.',
    17: 'Processes can be created, updated, removed and reconciled at run time. They pass the same gates, are kept apart from the file’s, and survive a reload.',
    18: 'Commands are idempotent, can wait with a timeout, answer with the final state and never deadlock: not from inside a service, not during boot, not during shutdown.',
  }),
  ...chapter('Stopping', 'core', {
    19: 'SIGTERM, SIGINT, SIGQUIT, a command or a required failure begins the stop. A second signal kills at once.',
    20: 'Stop order: global pre_stop hooks, then processes in reverse (dependents fully stopped before what they depend on, waves in reverse, the rest in parallel), then global post_stop hooks.',
    21: 'One process: pre_stop hooks and drains, stop signal, `timeout`, `kill_signal`. A dead pre_stop hook never keeps the signal from being sent; the process gets its signal and its time.',
    22: '`kill_mode: mixed` sends the stop signal to the main process and the kill to the whole group; `group` sends both to the group; `process` to the main process only.',
    23: 'Stopped means that nothing is left: members of the group and descendants that escaped it are found, signalled, and killed after a short grace. A restart never overlaps its predecessor.',
    24: '`shutdown_timeout` is enforced: what is left is killed, and the log names each culprit and what it was waiting in. `pm check` warns when the longest stop path exceeds the budget.',
    25: 'What a process wrote before its end is out before `pm run` exits; the wait is bounded when stdout is blocked.',
    26: 'Exit codes of `pm run`: 0 stopped on request or idle, the code of the required process or of the command after `--`, 1 boot failed, 64 usage, 70 internal, 75 already running, 78 configuration.',
    27: '`pm run -- CMD` boots the services, runs CMD in the foreground and takes its code. `--only NAME` boots just those and what they need.',
  }),
  ...chapter('PID 1', 'core', {
    28: 'Adopted orphans are reaped without ever stealing the exit status of an own child, as PID 1 and as a child subreaper. Without the native helper pm says so once and the rest works.',
    29: 'Every signal is handled explicitly: SIGUSR1 never opens the inspector, SIGHUP reloads, SIGPIPE is ignored.',
    30: 'On a read-only root, state goes to the first writable place of a fixed list; if there is none: no socket, one warning, and the processes run.',
    31: 'Runs as root or not, with a socket that only its owner can use.',
  }),
  ...chapter('Output', 'core', {
    32: 'Children get a real pipe as stdout and stderr, so that `/dev/stdout` and `/proc/self/fd/2` can be opened.',
    33: 'Lines are split on bytes, UTF-8 stays whole across chunks, over 1 MiB is cut into marked parts, none is lost at exit, stdout and stderr stay apart; formats `text`, `json`, `raw`.',
    34: 'A consumer that stops reading never freezes supervision. With `log_overflow: block` the children block and memory stays bounded.',
    35: 'The supervisor’s own records go to the same stream with `process: "pm"`.',
  }),
  ...chapter('Health, schedules, metrics, API', 'healthchecks', {
    36: 'A liveness probe that fails often enough causes one event and one graceful restart of that instance. A startup probe holds liveness back. Readiness probes never restart; liveness probes never open readiness.',
    37: 'Exec probes and hooks run with the process’s user, directory and environment; a timeout kills their whole tree.',
  }),
  ...chapter('Health, schedules, metrics, API', 'cron', {
    38: 'Schedules honour time zones and clock changes, skip overlaps, survive clock steps, run to their end when triggered, and never run because of a reload.',
  }),
  ...chapter('Health, schedules, metrics, API', 'metrics', {
    39: '`/livez` says that the supervisor’s loop is alive, `/readyz` that every booting process is ready, with reasons when not; the readiness file follows it; `pm health` is the container’s health check.',
  }),
  ...chapter('Health, schedules, metrics, API', 'api', {
    40: 'The API refuses to listen beyond loopback without credentials, compares tokens in constant time, knows roles, masks secrets, never crashes on a bad body, and audits every change.',
  }),
];

function chapter(name: string, owner: BehaviourLine['owner'], promises: Record<number, string>): BehaviourLine[] {
  return Object.entries(promises).map(([line, promise]) => ({ line: Number(line), chapter: name, promise, owner }));
}
