import type { MachineFacts } from './facts.ts';
import { formatSize } from './format.ts';

/** Something about this machine that a user should know before it bites. */
export interface Finding {
  /** `problem`: something in a configuration may not work here. `note`: works, in another way. */
  readonly severity: 'problem' | 'note';
  readonly message: string;
  /** What to do about it, or what it means. */
  readonly hint: string;
}

type Check = (facts: MachineFacts) => Finding | undefined;

/** Judges the facts: what is missing and what that means, the most serious first. */
export function toFindings(facts: MachineFacts): readonly Finding[] {
  const found = checks.map((check) => check(facts)).filter((finding) => finding !== undefined);
  return [
    ...found.filter(({ severity }) => severity === 'problem'),
    ...found.filter(({ severity }) => severity === 'note'),
  ];
}

const checks: readonly Check[] = [
  ({ files }) =>
    files.proc
      ? undefined
      : problem(
          '/proc is not mounted',
          'Leftovers of services cannot be found, nor can memory and cpu be measured. Mount it: mount -t proc proc /proc',
        ),
  ({ helper, abilities }) =>
    helper.sys && helper.svexec
      ? undefined
      : note(`the native helper is not used: ${helper.reason ?? 'no reason known'}`, explainLack(abilities)),
  ({ abilities }) =>
    abilities.pipes !== 'socketpair'
      ? undefined
      : problem(
          'services get a socket as output, not a pipe',
          'Programs that open /dev/stdout or /dev/stderr fail (nginx, php-fpm). Use the native helper, or make a temporary folder writable.',
        ),
  ({ files }) =>
    files.runtimeDir.path !== undefined
      ? undefined
      : problem(
          `no folder for state can be used (${files.runtimeDir.refused.map(({ path, reason }) => `${path}: ${reason}`).join('; ')})`,
          'There will be no control socket. Mount a tmpfs on /run, or set PM_RUNTIME_DIR to a folder that can be written.',
        ),
  ({ files }) =>
    files.hidepid === undefined
      ? undefined
      : problem(
          `/proc hides other users' processes (hidepid=${files.hidepid})`,
          'Leftovers of services that run as another user may be missed. Mount /proc without hidepid, or run pm as root.',
        ),
  ({ helper, abilities }) =>
    abilities.tty || !helper.sys
      ? undefined
      : note('/dev/ptmx cannot be opened', '`tty: true` will fail. Mount devpts on /dev/pts.'),
  ({ abilities, cgroup }) =>
    abilities.cgroup !== 'none' || cgroup.version === 'none'
      ? undefined
      : note(
          'no child cgroup can be made',
          '`resources` of a process are not enforced by the kernel; `memory_max` is watched instead.',
        ),
  ({ process }) =>
    process.uid !== 0 || has(process, 'setuid', 'setgid')
      ? undefined
      : problem(
          'root without CAP_SETUID and CAP_SETGID',
          '`user` and `group` of a process will fail. Add both capabilities, or run the container as the user that the services need.',
        ),
  ({ process }) =>
    process.uid !== 0 || has(process, 'kill')
      ? undefined
      : problem('root without CAP_KILL', 'Services that run as another user cannot be stopped. Add the capability.'),
  ({ process }) =>
    process.uid === 0
      ? undefined
      : note(`not root, but ${process.user ?? 'uid'} (${process.uid})`, '`user` of a process can only name this user.'),
  ({ process }) =>
    has(process, 'sys_resource')
      ? undefined
      : note(
          'no CAP_SYS_RESOURCE',
          'Hard limits (`limits`) cannot be raised above what they are here, nor `oom_score_adj` lowered.',
        ),
  ({ cgroup }) =>
    (cgroup.memory.oomKills ?? 0) === 0
      ? undefined
      : problem(
          `the kernel has killed ${cgroup.memory.oomKills} ${cgroup.memory.oomKills === 1 ? 'process' : 'processes'} here for memory`,
          `The limit is ${formatSize(cgroup.memory.limit)}. Give the container more, or set \`max_memory\` on the process that grows.`,
        ),
  ({ cgroup }) =>
    (cgroup.pids.limit ?? 1000) >= 64
      ? undefined
      : problem(
          `only ${cgroup.pids.limit} processes and threads are allowed`,
          'pm needs about 12 (threads of Node included), and two per service. Raise pids.max (--pids-limit).',
        ),
  ({ cgroup, node }) =>
    cgroup.memory.limit === undefined || node.heapLimit <= cgroup.memory.limit
      ? undefined
      : note(
          `Node may use ${formatSize(node.heapLimit)} of heap, the container has ${formatSize(cgroup.memory.limit)}`,
          'Only the supervisor is meant, which needs about 10 MiB; Node services of yours should be given --max-old-space-size.',
        ),
  ({ ulimits }) =>
    (ulimits.nofile.soft ?? 1024) >= 1024
      ? undefined
      : problem(
          `only ${ulimits.nofile.soft} files can be open`,
          'pm needs about 30 and four per service. Raise it: --ulimit nofile=65536',
        ),
  ({ kernel }) =>
    kernel.inotifyInstances !== 0 && kernel.inotifyWatches !== 0
      ? undefined
      : note('inotify is not available', '`--watch` and `log_file` look at files from time to time instead.'),
];

function explainLack({ limits }: MachineFacts['abilities']): string {
  const lost = [
    'no `tty`',
    ...(limits ? [] : ['no `limits`, `nice`, `user` with its groups (util-linux would do them)']),
  ];
  return `Services run, but: ${lost.join('; ')}; descendants that escape are found by walking /proc; as PID 1, orphans stay as zombies.`;
}

function has(
  { capabilities }: MachineFacts['process'],
  ...needed: readonly MachineFacts['process']['capabilities'][number][]
): boolean {
  return needed.every((capability) => capabilities.includes(capability));
}

function problem(message: string, hint: string): Finding {
  return { severity: 'problem', message, hint };
}

function note(message: string, hint: string): Finding {
  return { severity: 'note', message, hint };
}
