import type { Paint } from '../paint.ts';
import { describeCapabilities } from './capabilities.ts';
import type { MachineFacts } from './facts.ts';
import type { Finding } from './findings.ts';
import { formatCount, formatSize } from './format.ts';
import type { Ulimit } from './proc.ts';

type Row = readonly [name: string, value: string];

/** The report as a person reads it: facts by subject, then what is missing and what that means. */
export function renderReport(facts: MachineFacts, findings: readonly Finding[], paint: Paint): string {
  const sections: readonly (readonly [string, readonly Row[]])[] = [
    ['pm', listProgram(facts)],
    ['container', listContainer(facts)],
    ['process', listProcess(facts)],
    ['services', listAbilities(facts)],
    ['files', listFiles(facts)],
  ];
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([name]) => name.length))) + 2;
  const body = sections.map(([title, rows]) =>
    [paint('bold', title), ...rows.map(([name, value]) => `  ${paint('dim', name.padEnd(width))}${value}`)].join('\n'),
  );
  return `${[...body, renderFindings(findings, paint)].join('\n\n')}\n`;
}

function listProgram({ pm, node, helper }: MachineFacts): readonly Row[] {
  return [
    ['version', pm.version],
    ['node', `${node.version} ${node.arch}, ${node.path}`],
    ['native helper', helper.sys && helper.svexec ? 'loaded' : `not used: ${helper.reason ?? 'no reason known'}`],
  ];
}

function listContainer({ cgroup, machine, size, kernel }: MachineFacts): readonly Row[] {
  const { memory, cpu, pids } = cgroup;
  const used = memory.current === undefined ? '' : `, ${formatSize(memory.current)} used`;
  return [
    ['system', [machine.os, `Linux ${machine.kernel}`].filter((part) => part !== undefined).join(', ')],
    ['cgroup', cgroup.version === 'none' ? 'not mounted' : cgroup.version],
    [
      'memory',
      `${formatSize(size.memory)} (container: ${formatSize(memory.limit)}${used}; machine: ${formatSize(machine.memory)})`,
    ],
    [
      'cpus',
      `${formatCount(size.cpus)} (quota: ${formatCount(cpu.quota)}; cpuset: ${formatCount(cpu.cpuset)}; machine: ${machine.cpus})`,
    ],
    [
      'processes',
      `${formatCount(pids.limit)} (now ${pids.current ?? 'unknown'}; pid_max ${kernel.pidMax ?? 'unknown'})`,
    ],
  ];
}

function listProcess({ process, ulimits, stdout }: MachineFacts): readonly Row[] {
  return [
    ['pid', process.pid === 1 ? '1: orphans of the container come here' : `${process.pid}: not PID 1`],
    ['user', `${process.user ?? '?'} (${process.uid}), group ${process.group ?? '?'} (${process.gid})`],
    ['capabilities', describeCapabilities(process.capabilities)],
    ['confinement', `no_new_privs ${process.noNewPrivileges ? 'on' : 'off'}, seccomp ${process.seccomp}`],
    [
      'ulimits',
      `open files ${showUlimit(ulimits.nofile)}, processes ${showUlimit(ulimits.nproc)}, core ${showUlimit(ulimits.core)}`,
    ],
    ['stdout', stdout],
  ];
}

function listAbilities({ abilities, process }: MachineFacts): readonly Row[] {
  const { containment, tty, limits, cgroup, pipes } = abilities;
  const finds = {
    subreaper: 'a monitor per service adopts them',
    cgroup: 'by cgroup',
    'process-tree': 'by walking /proc',
  };
  const orphans = containment === 'subreaper' ? 'to pm (child subreaper)' : 'to PID 1';
  return [
    ['leftovers', finds[containment]],
    ['orphans go', process.pid === 1 ? 'to pm (PID 1)' : orphans],
    ['terminals', tty ? 'yes' : 'no'],
    ['limits', limits ? 'yes' : 'no'],
    ['child cgroups', cgroup],
    ['output', pipes ?? 'pipe'],
  ];
}

function listFiles({ files, kernel }: MachineFacts): readonly Row[] {
  return [
    ['root', files.readOnlyRoot ? 'read-only' : 'writable'],
    ['runtime dir', files.runtimeDir.path ?? 'none can be written'],
    [
      'temporary',
      `${files.temporary.path}, ${files.temporary.writable ? 'writable' : 'not writable'}${files.temporary.noexec ? ', noexec' : ''}`,
    ],
    ['/proc', files.proc ? `mounted${files.hidepid === undefined ? '' : `, hidepid=${files.hidepid}`}` : 'not mounted'],
    ['inotify', `${kernel.inotifyInstances ?? 'unknown'} instances, ${kernel.inotifyWatches ?? 'unknown'} watches`],
  ];
}

function renderFindings(findings: readonly Finding[], paint: Paint): string {
  if (findings.length === 0) return paint('green', 'Nothing is missing.');
  return findings
    .map(({ severity, message, hint }) => {
      const mark = severity === 'problem' ? paint(['bold', 'red'], 'problem') : paint('yellow', 'note');
      return `${mark} ${message}\n  ${hint}`;
    })
    .join('\n');
}

function showUlimit({ soft, hard }: Ulimit): string {
  const [low, high] = [soft, hard].map((limit) => (limit === undefined ? 'unlimited' : String(limit)));
  return low === high ? `${low}` : `${low} (hard ${high})`;
}
