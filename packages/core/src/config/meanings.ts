/**
 * What each key is for, in one or two sentences: shown by editors (through the JSON Schema) and printed on the
 * reference page, so loaded by neither `pm run` nor `pm check`. `NAME` stands for a name of the user's choice.
 */
/** Sentences by key; the keys of a map are joined by a dot. */
type Meanings = Readonly<Record<string, string>>;

export const rootMeanings: Meanings = {
  $schema: 'Where editors find the JSON Schema; pm does not read it.',
  version: 'Version of this format, "1.0".',
  name: 'Name of the whole, shown in logs and status.',
  extends: 'Files this one builds on, relative to it; maps merge, lists and values replace.',
  profiles: 'Named parts of a configuration; the one chosen by `--profile` or `PM_PROFILE` is laid over the file.',
  plugins: 'Plugins to switch on, as a list of names or a map of names to options; `NAME: false` switches one off.',
  global: 'Settings of the supervisor, and defaults for every process.',
  hooks:
    'Commands to run around the whole: before the first process starts, when all are ready, before and after the stop.',
  'hooks.pre_start': 'Before the first process starts, in order; a failure aborts the boot.',
  'hooks.post_start': 'When every process that boots is ready, or has failed and is not required.',
  'hooks.pre_stop': 'Before the first process is stopped.',
  'hooks.post_stop': 'When all are stopped.',
  processes: 'The processes, by name.',
  bundles: 'Named sets of processes and bundles. The bundle `default`, where it exists, says what boots.',
  templates: 'Processes to be made by name: `openvpn@` is started as `openvpn@NAME`, and `%i` in it is that name.',
};

const environmentMeanings: Meanings = {
  env: 'Environment variables.',
  env_file: 'Files of `NAME=VALUE` lines, read in their order; `env` wins over them.',
  working_dir: 'Folder to run in.',
  user: 'User to run as, by name or id, with its supplementary groups and HOME, USER and LOGNAME. An unknown one is an error.',
  group: 'Group to run as instead of the user’s own.',
  umask: 'File mode mask, in quoted octal digits.',
};

const restartMeanings: Meanings = {
  restart_backoff: 'First delay before a restart after a failure, or the whole curve as a map.',
  'restart_backoff.initial': 'First delay.',
  'restart_backoff.factor': 'How much longer each next delay is.',
  'restart_backoff.max': 'Longest delay.',
  'restart_backoff.jitter':
    'Share of the delay that is added or taken at random, so that processes do not come back all at once.',
  max_restart_attempts: 'Failures in a row before giving up; -1 never gives up, 0 never restarts.',
  restart_stability_window: 'After this long up, failures are counted from 0 again.',
};

export const globalMeanings: Meanings = {
  shutdown_timeout:
    'One budget for the whole stop. When it ends, what is left is killed and named. `auto` is the sum along the longest stop path.',
  dependency_timeout: 'How long a process waits for what it depends on.',
  process_start_timeout:
    'How long a process may take from spawn to ready, where it says how it becomes ready; 0 is no limit.',
  restart_policy: 'What happens after an end: `always`, `on-failure`, `never`. `unless-stopped` is `always`.',
  ...restartMeanings,
  on_process_failure:
    'What happens when a process that is not `required` gives up: `continue`, or `shutdown` of everything.',
  on_idle: 'What happens when nothing runs and nothing is due: `exit` or `stay`.',
  max_process_scale: 'Ceiling of any `scale`.',
  log_format: '`json`, `text`, `raw`, or `auto`: text on a terminal, else json.',
  log_level: 'The least level of the supervisor’s own records.',
  log_timestamps: 'Whether lines have their time.',
  log_overflow:
    'When nobody reads the output: `block` the processes that write and lose nothing, or `drop`, counted and said.',
  log_buffer: 'Lines kept in memory per instance, across restarts.',
  ...environmentMeanings,
  zombie_reap_interval: 'How often adopted orphans are looked for, beside the signal that announces them.',
  runtime_dir: 'Folder of the socket and of state; `auto` is the first that can be written.',
};

export const hookMeanings: Meanings = {
  name: 'Name in logs; without it its place, such as `pre_start-1`.',
  command: 'What to run: a list, or a line split into words as a shell does, without a shell.',
  shell: 'Run the command in `/bin/sh`, or in the shell at this path.',
  timeout: 'Time for one try; then its whole tree is killed.',
  retry: 'Further tries after a failure.',
  retry_delay: 'Time between tries.',
  continue_on_error: 'Whether to go on after its failure.',
  env: 'Variables beside those of its surroundings.',
  working_dir: 'Folder to run in; without it that of the process, or of `global` for the hooks of the whole.',
  user: 'User to run as; without it that of the process, or `global.user` for the hooks of the whole.',
};

const processHookMeanings: Meanings = {
  hooks: 'Commands to run around this process.',
  'hooks.pre_start': 'Before each start; a failure is a failed start.',
  'hooks.post_start': 'Once it is ready.',
  'hooks.pre_stop': 'Before the stop signal, inside the time of the stop.',
  'hooks.post_stop': 'After a stop.',
  'hooks.finish': 'After every end, with `PM_EXIT_CODE` and `PM_EXIT_SIGNAL`; exit code 125 means: do not restart.',
  pre_script: 'Path of a program to run before the start: short for one `hooks.pre_start`.',
  post_script: 'Path of a program to run after the start: short for one `hooks.post_start`.',
  post_script_timeout: 'How long after the start `post_script` runs.',
};

const shutdownMeanings: Meanings = {
  shutdown: 'How this process is stopped.',
  'shutdown.signal': 'Stop signal. Real-time signals are refused.',
  'shutdown.timeout': 'Time for drain, hooks and the process itself before the kill.',
  'shutdown.kill_signal': 'Signal when the time is over.',
  'shutdown.kill_mode':
    '`mixed`: stop signal to the main process, kill to its group; `group`: both to the group; `process`: both to the main process. With `shell`, `group` is the default.',
  'shutdown.pre_stop_hook': 'A hook to run before the stop signal.',
  'shutdown.graceful': 'false kills at once.',
};

const systemMeanings: Meanings = {
  nice: 'Scheduling priority, -20 (most) to 19.',
  oom_score_adj: 'What the kernel adds to its score when memory runs out, -1000 (never) to 1000.',
  limits: 'Resource limits by name, as one value, `SOFT:HARD` or `{soft, hard}`; `unlimited` is a value.',
  'limits.as': 'Address space.',
  'limits.core': 'Size of a core dump.',
  'limits.cpu': 'Seconds of CPU time.',
  'limits.data': 'Data segment.',
  'limits.fsize': 'Size of files it writes.',
  'limits.locks': 'File locks.',
  'limits.memlock': 'Memory locked in RAM.',
  'limits.msgqueue': 'POSIX message queues.',
  'limits.nice': 'Ceiling for its own nice value, as 20 minus it.',
  'limits.nofile': 'Open files.',
  'limits.nproc': 'Processes and threads of its user.',
  'limits.rss': 'Resident memory; Linux does not enforce it.',
  'limits.rtprio': 'Real-time priority.',
  'limits.rttime': 'Microseconds of CPU time under real-time scheduling.',
  'limits.sigpending': 'Queued signals.',
  'limits.stack': 'Stack.',
  resources: 'Limits of a control group of its own, where one can be made.',
  'resources.memory_max': 'Memory of the process and all it starts.',
  'resources.cpu_max': 'Number of CPUs, 0.5 is half of one.',
  'resources.pids_max': 'Number of processes and threads.',
  max_memory: 'Restart it gracefully when it and all it started hold more memory than this.',
  tty: 'Give it a pseudo-terminal.',
  stdin: '`null`, `inherit`, or the path of a file to read.',
  log_file: 'Files to follow, also when they are rotated, as output of this process.',
};

const orderMeanings: Meanings = {
  priority: 'Lower starts earlier and stops later, among processes that dependencies do not order.',
  depends_on: 'What must come first: a name, a list of names, or a map of names to conditions.',
  'depends_on.NAME.condition': '`started`: spawned; `ready`: it said so; `completed`: it ended with success.',
  'depends_on.NAME.timeout': 'How long to wait for it.',
  'depends_on.NAME.restart': 'Restart this process whenever that one restarts.',
  'depends_on.NAME.optional': 'Start without it when it cannot come.',
  wait_after: 'Further delay once what it depends on is there; one, or one per dependency.',
  conflicts_with: 'Starting this stops those.',
  required: 'Whether its failure stops everything, with its exit code.',
};

const readyMeanings: Meanings = {
  ready: 'How it says that it is ready: exactly one of these. Without it, it is ready once it is spawned.',
  'ready.after': 'So long after the spawn.',
  'ready.fd': 'It writes a line to this descriptor (as with s6).',
  'ready.notify': 'It sends `READY=1` to `NOTIFY_SOCKET` (as with systemd).',
  'ready.log': 'A line of its output matches this regular expression.',
  'ready.file': 'This file appears, or is written anew since the start.',
  'ready.port': 'This TCP port of the local host accepts a connection.',
  'ready.command': 'This command ends with success.',
};

export const processMeanings: Meanings = {
  enabled: 'false: known, never started by itself, may be started by command.',
  only_if:
    'Takes part only if all of this holds at the boot. What depends on a process that takes no part goes on without it.',
  skip_if: 'Takes no part if all of this holds at the boot.',
  ...conditionMeanings('only_if'),
  ...conditionMeanings('skip_if'),
  type: '`longrun` stays up; `oneshot` does its work and ends.',
  command: 'What to run: a list, or a line split into words as a shell does, without a shell.',
  shell: 'Run the command in `/bin/sh`, or in the shell at this path.',
  stop_command: 'What to run instead of sending a stop signal.',
  reload_command: 'What `pm reload NAME` runs.',
  reload_signal: 'What `pm reload NAME` sends.',
  initial_state: '`stopped`: on demand, not started at the boot.',
  restart: 'What happens after an end: `always`, `on-failure`, `never`. `unless-stopped` is `always`.',
  ...restartMeanings,
  success_exit_codes: 'Exit codes and signals that are no failure.',
  scale: 'Number of instances, `NAME-1` and on; 0 is stopped.',
  max_scale: 'Ceiling for commands that scale.',
  port_base: '`PORT` of the first instance; the next has one more.',
  ...readyMeanings,
  ...environmentMeanings,
  ...systemMeanings,
  ...orderMeanings,
  ...processHookMeanings,
  ...shutdownMeanings,
  labels: 'Names and values of your choice, on logs and events; commands select by them.',
  logging: 'What becomes of its output.',
  'logging.stdout': 'Whether its standard output is logged.',
  'logging.stderr': 'Whether its standard error is logged.',
  'logging.labels': 'Labels on its lines, beside its own.',
  'logging.min_level':
    'The least level that is written. Lines of stdout count as info and of stderr as warn, unless a plugin finds another level.',
};

function conditionMeanings(key: string): Meanings {
  return {
    [`${key}.env`]: 'This variable is set and not empty, `NAME`, or has this value, `NAME=VALUE`.',
    [`${key}.file`]: 'This file exists.',
    [`${key}.command`]: 'This command ends with success.',
  };
}
