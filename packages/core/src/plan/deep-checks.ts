import type { Diagnostic } from '../config/diagnostic.ts';
import { joinPath } from '../config/path.ts';
import { toArgv } from './command-line.ts';
import type { BuildContext, MachineFacts } from './context.ts';
import { createReport } from './build/report.ts';
import type { Report } from './build/report.ts';
import type { CommandLine, HookSpec, Plan, ProcessSpec } from './spec.ts';
import { splitTemplateName } from './templates.ts';

/**
 * Checks the plan against the machine: programs, working directories, the right to change users. What a process needs
 * at once is an error, because its start is certain to fail; where something runs before it that may still create the
 * file (a oneshot it depends on, a pre_start hook), where a condition decides whether it runs at all, or where it
 * starts only by command, it is a warning, and a failing spawn is then a failure like any other.
 */
export function deepChecks(
  plan: Plan,
  { facts, origin }: Pick<BuildContext, 'facts' | 'origin'>,
): readonly Diagnostic[] {
  const report = createReport(origin);
  const certain = findCertain(plan);
  for (const spec of plan.processes.values()) {
    checkProgram(spec, { plan, facts, report, certain: certain.has(spec.name) });
  }
  checkGlobalHooks(plan, { plan, facts, report });
  return report.list();
}

interface Checking {
  readonly plan: Plan;
  readonly facts: MachineFacts;
  readonly report: Report;
}

/** Processes that the boot starts with nothing running before them that could create what they need. */
function findCertain(plan: Plan): ReadonlySet<string> {
  const prepared = new Set(plan.hooks.preStart.length > 0 ? plan.processes.keys() : []);
  // In start order: whatever a process needs was looked at before it.
  for (const name of plan.order.flat()) {
    const spec = plan.processes.get(name);
    const isPrepared = spec?.dependsOn.some(
      ({ process }) => prepared.has(process) || plan.processes.get(process)?.type === 'oneshot',
    );
    if (isPrepared === true || (spec?.hooks.preStart.length ?? 0) > 0) prepared.add(name);
  }
  return new Set(plan.booting.filter((name) => !prepared.has(name) && isUnconditional(plan.processes.get(name))));
}

function isUnconditional(spec: ProcessSpec | undefined): boolean {
  return spec?.onlyIf === undefined && spec?.skipIf === undefined;
}

function checkProgram(spec: ProcessSpec, checking: Checking & { certain: boolean }): void {
  if (!spec.enabled && !checking.certain) return;
  const { facts, plan, certain, report } = checking;
  const path = pathOf(spec.name, plan);
  const cwd = spec.workingDir ?? facts.cwd;
  const severity = certain ? 'error' : 'warning';
  const dirIsThere = isOpen(cwd) || facts.isDirectory(cwd);
  if (!dirIsThere) {
    report[severity](
      joinPath(path, 'working_dir'),
      `the directory ${cwd} does not exist`,
      'Create it in the image, or correct the path.',
    );
  }
  if (dirIsThere || !isRelative(spec.command)) {
    checkCommand(spec.command, joinPath(path, 'command'), { ...checking, severity, place: { env: spec.env, cwd } });
  }
  checkSideCommands(spec, path, { ...checking, severity: 'warning', place: { env: spec.env, cwd } });
  checkStdin(spec, path, { facts, report, severity });
  checkUser(spec, path, checking);
}

/** A file that is not there ends every start, as a missing program does. */
function checkStdin({ stdin }: ProcessSpec, path: string, { facts, report, severity }: StdinChecking): void {
  if (stdin.kind !== 'path' || isOpen(stdin.path) || facts.exists(stdin.path)) return;
  report[severity](
    joinPath(path, 'stdin'),
    `there is no file ${stdin.path}`,
    'Create it in the image, correct the path, or write null or inherit.',
  );
}

interface StdinChecking extends Pick<Checking, 'facts' | 'report'> {
  readonly severity: 'error' | 'warning';
}

interface CommandChecking extends Checking {
  readonly severity: 'error' | 'warning';
  readonly place: { readonly env: Readonly<Record<string, string>>; readonly cwd: string };
}

/** A program that a variable of the instance names is known only when it starts. */
function checkCommand(command: CommandLine, path: string, { facts, report, severity, place }: CommandChecking): void {
  const [program] = toArgv(command);
  const searched = place.env['PATH'] ?? facts.env['PATH'];
  if (isOpen(program) || isOpen(place.cwd) || (searched !== undefined && isOpen(searched))) return;
  const found = facts.findCommand(program, searched, place.cwd);
  if ('path' in found) return;
  report[severity](path, `cannot run "${program}": ${found.reason}`, hintForMissing(program, found.errno));
}

/** Words that only a shell knows; people write them at the start of a command. */
const builtins: ReadonlySet<string> = new Set([
  'cd',
  'exec',
  'source',
  '.',
  'export',
  'set',
  'ulimit',
  'umask',
  'eval',
  'trap',
  'wait',
  'if',
  'for',
  'while',
  '{',
  '!',
]);

function hintForMissing(program: string, errno: 'ENOENT' | 'EACCES'): string {
  if (builtins.has(program)) return `"${program}" is a word of the shell: set "shell: true".`;
  if (errno === 'EACCES') return 'Make it executable (chmod +x), or name the file itself.';
  return program.includes('/')
    ? 'Correct the path, or install it in the image.'
    : 'Install it in the image, correct the name, or write its full path.';
}

function checkSideCommands(spec: ProcessSpec, path: string, checking: CommandChecking): void {
  const side: readonly (readonly [string, CommandLine | undefined])[] = [
    [joinPath(path, 'stop_command'), spec.shutdown.stopCommand],
    [joinPath(path, 'reload_command'), spec.reloadCommand],
    [
      joinPath(joinPath(path, 'ready'), 'command'),
      spec.readiness.kind === 'command' ? spec.readiness.command : undefined,
    ],
    [joinPath(joinPath(path, 'only_if'), 'command'), spec.onlyIf?.command],
    [joinPath(joinPath(path, 'skip_if'), 'command'), spec.skipIf?.command],
  ];
  for (const [at, command] of side) if (command !== undefined) checkCommand(command, at, checking);
  const { preStart, postStart, preStop, postStop, finish } = spec.hooks;
  const hooks = { pre_start: preStart, post_start: postStart, pre_stop: preStop, post_stop: postStop, finish };
  for (const [phase, list] of Object.entries(hooks)) {
    for (const hook of list) checkHook(hook, joinPath(joinPath(path, 'hooks'), phase), checking);
  }
}

/** The first pre_start hook has nothing before it: when it cannot run, the boot is certain to fail. */
function checkGlobalHooks(plan: Plan, checking: Checking): void {
  const place = { env: plan.global.env, cwd: plan.global.workingDir ?? checking.facts.cwd };
  const { preStart, postStart, preStop, postStop } = plan.hooks;
  for (const [phase, list] of Object.entries({
    pre_start: preStart,
    post_start: postStart,
    pre_stop: preStop,
    post_stop: postStop,
  })) {
    for (const [index, hook] of list.entries()) {
      const isFirst = phase === 'pre_start' && index === 0 && !hook.continueOnError;
      checkHook(hook, joinPath('hooks', phase), { ...checking, severity: isFirst ? 'error' : 'warning', place });
    }
  }
}

function checkHook(hook: HookSpec, path: string, checking: CommandChecking): void {
  const place = { env: { ...checking.place.env, ...hook.env }, cwd: hook.workingDir ?? checking.place.cwd };
  checkHookFolder(hook, path, checking);
  const named: CommandChecking = {
    ...checking,
    place,
    report: {
      ...checking.report,
      [checking.severity]: (at: string, message: string, hint?: string) =>
        checking.report[checking.severity](at, `hook "${hook.name}": ${message}`, hint),
    },
  };
  checkCommand(hook.command, path, named);
}

function checkHookFolder(
  { name, workingDir }: HookSpec,
  path: string,
  { facts, report, severity }: CommandChecking,
): void {
  if (workingDir === undefined || isOpen(workingDir) || facts.isDirectory(workingDir)) return;
  report[severity](
    path,
    `hook "${name}": the directory ${workingDir} does not exist`,
    'Create it in the image, or correct "working_dir" of the hook.',
  );
}

/** Only root, or who has CAP_SETUID, may become another user; a container rarely has that without being root. */
function checkUser(spec: ProcessSpec, path: string, { facts, report }: Checking): void {
  const { credentials } = spec.os;
  if (credentials === undefined || facts.uid === 0 || credentials.uid === facts.uid) return;
  const name = credentials.name ?? String(credentials.uid);
  report.warning(
    joinPath(path, 'user'),
    `running "${spec.name}" as "${name}" needs root, but the supervisor runs as uid ${facts.uid}`,
    'Start the container as root (pm gives up the rights for each process), or remove "user".',
  );
}

function isOpen(text: string): boolean {
  return text.includes('${');
}

function isRelative(command: CommandLine): boolean {
  const [program] = toArgv(command);
  return program.includes('/') && !program.startsWith('/');
}

function pathOf(name: string, { templates }: Plan): string {
  const template = splitTemplateName(name)?.template;
  return template !== undefined && templates.has(template)
    ? joinPath('templates', template)
    : joinPath('processes', name);
}
