import type { ChildProcess } from 'node:child_process';
import { constants, fchmodSync, fchownSync, fstatSync, openSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Sys } from '@pm-supervisor/native';
import type { SpawnError } from '../errors.ts';
import { openByteReader } from './byte-reader.ts';
import { isTerminal } from './is-terminal.ts';
import { closeAll, type PipeEnds, type PipeMaker, readPipe } from './pipes.ts';
import { readStat } from './proc-stat.ts';
import { errnoOf, spawnFailure, spawnRefusal } from './spawn-failure.ts';
import type { SpawnRequest } from './spawner.ts';
import { openTerminal, readTerminal } from './terminal.ts';

/** What a child finds on one of its descriptors. `pipe` is Node's socketpair, for where real pipes cannot be made. */
export type Slot = number | 'ignore' | 'pipe';

export interface ChildStreams {
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  readonly notify?: Readable;
}

/** The descriptors of one child that does not exist yet. */
export interface ChildStdio {
  /** By the child's descriptor number. */
  readonly slots: readonly Slot[];
  /** It shares our terminal, so its group has to become the terminal's foreground group. */
  readonly foreground: boolean;
  /** Closes the child's ends: it has its own copies, or will never exist. Idempotent. */
  closeTheirs(): void;
  /** Closes all of it: the child could not be started. */
  closeEverything(): void;
  /** Our ends as streams. Once, after the child was started; where real pipes cannot be made they are Node's own. */
  openStreams(child?: ChildProcess): ChildStreams;
}

export interface StdioPort {
  readonly sys: Sys | undefined;
  /** Undefined where real pipes cannot be made. */
  readonly pipes: PipeMaker | undefined;
  /** Our own user: pipes are handed over only to another one. */
  readonly uid: number;
}

/** Our ends, by what they carry. `terminal` carries both outputs. */
type OwnEnds = Partial<Record<'stdout' | 'stderr' | 'notify' | 'terminal', number>>;

interface Draft {
  readonly request: SpawnRequest;
  readonly port: StdioPort;
  readonly slots: Slot[];
  readonly theirs: number[];
  readonly ours: OwnEnds;
}

/** Rejects with SpawnError of stage `stdin`, `pipes` or `terminal`; then nothing is left open. */
export async function openChildStdio(request: SpawnRequest, port: StdioPort): Promise<ChildStdio> {
  const draft: Draft = { request, port, slots: ['ignore'], theirs: [], ours: {} };
  try {
    if (request.tty) addTerminal(draft);
    else addStandardInput(draft);
    if (request.output === 'inherit' && !request.tty) draft.slots[1] = inheritOutput(draft, 1);
    if (request.output === 'inherit' && !request.tty) draft.slots[2] = inheritOutput(draft, 2);
    await addPipes(draft);
  } catch (error) {
    closeDraft(draft);
    throw error;
  }
  return {
    slots: Array.from(draft.slots, (slot) => slot ?? 'ignore'),
    foreground: isForeground(request),
    closeTheirs: () => closeAll(draft.theirs.splice(0)),
    closeEverything: () => closeDraft(draft),
    openStreams: (child) => openStreams(draft, child),
  };
}

function addTerminal({ request, port, slots, theirs, ours }: Draft): void {
  if (!port.sys) {
    throw spawnRefusal(request, 'terminal', 'it cannot get a terminal without the native helper', {
      hint: 'Remove "tty", or see `pm doctor` for why the helper is missing.',
    });
  }
  const terminal = attempt(request, 'terminal', () => openTerminal(port.sys as Sys));
  theirs.push(terminal.service);
  ours.terminal = terminal.master;
  slots.splice(0, 3, terminal.service, terminal.service, terminal.service);
  handOver(terminal.service, 0o620, request, port);
}

function addStandardInput({ request, slots, theirs }: Draft): void {
  const { stdin } = request;
  if (stdin.kind === 'inherit') slots[0] = 0;
  if (stdin.kind !== 'path') return;
  const fd = attempt(request, 'stdin', () => openInput(stdin.path));
  theirs.push(fd);
  slots[0] = fd;
}

/** A named pipe is opened for writing too: opening it for reading alone waits until somebody writes. */
function openInput(path: string): number {
  const stat = statSync(path);
  if (stat.isDirectory()) throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR' });
  return openSync(path, stat.isFIFO() ? constants.O_RDWR : constants.O_RDONLY | constants.O_NOCTTY);
}

/**
 * Our descriptor opened anew where that is possible (pipe, terminal): libuv clears O_NONBLOCK on what a child inherits
 * and the child may set it again, and either would happen to everybody who shares the description.
 */
function inheritOutput({ theirs }: Draft, fd: 1 | 2): Slot {
  try {
    const access = isTerminal(fd) ? constants.O_RDWR : constants.O_WRONLY;
    if (!isTerminal(fd) && !fstatSync(fd).isFIFO()) return fd;
    const own = openSync(`/proc/self/fd/${fd}`, access | constants.O_NOCTTY);
    theirs.push(own);
    return own;
  } catch {
    return fd;
  }
}

async function addPipes(draft: Draft): Promise<void> {
  const { request, port, slots, theirs, ours } = draft;
  const wanted = pipesOf(request);
  if (!port.pipes) for (const [, slot] of wanted) slots[slot] = 'pipe';
  if (!port.pipes || wanted.length === 0) return;
  const ends = await port.pipes.open(wanted.length).catch((error: unknown) => {
    throw spawnFailure(request, 'pipes', errnoOf(error), error);
  });
  for (const [index, [name, slot]] of wanted.entries()) {
    const { read, write } = ends[index] as PipeEnds;
    ours[name] = read;
    theirs.push(write);
    slots[slot] = write;
  }
  for (const { write } of ends) handOver(write, 0o600, request, port);
}

/** Where svexec finds the pipe for the messages that it reads from the service's NOTIFY_SOCKET. The service has none of it. */
export const messageFd = 4;

/** What is carried by a pipe, and the child's descriptor of it. */
function pipesOf(request: SpawnRequest): ['stdout' | 'stderr' | 'notify', number][] {
  const piped = request.output === 'pipe' && !request.tty;
  const notifySlot = request.notifySocket === true ? messageFd : request.notifyFd;
  return [
    ...(piped
      ? ([
          ['stdout', 1],
          ['stderr', 2],
        ] as ['stdout' | 'stderr', number][])
      : []),
    ...(notifySlot === undefined ? [] : ([['notify', notifySlot]] as ['notify', number][])),
  ];
}

/** A pipe belongs to who made it: without this the service could write to it, but not open `/dev/stdout`. */
function handOver(fd: number, mode: number, request: SpawnRequest, port: StdioPort): void {
  const { credentials } = request.os;
  if (!credentials || credentials.uid === port.uid) return;
  try {
    fchownSync(fd, credentials.uid, credentials.gid);
    fchmodSync(fd, mode);
  } catch (error) {
    throw spawnFailure(request, 'uid', errnoOf(error), error);
  }
}

/** Only a terminal that controls us can be given to the child's group: then Ctrl-C reaches the child. */
function isForeground(request: SpawnRequest): boolean {
  const shared = !request.tty && request.stdin.kind === 'inherit' && request.output === 'inherit';
  return shared && isTerminal(0) && (readStat('self')?.terminal ?? 0) !== 0;
}

function openStreams({ request, port, ours }: Draft, child: ChildProcess | undefined): ChildStreams {
  if (!port.pipes && child) return nodeStreams(request, child);
  const { stdout, stderr, notify, terminal } = ours;
  return {
    ...(terminal !== undefined && { stdout: readTerminal(terminal) }),
    ...(stdout !== undefined && { stdout: openByteReader(stdout) }),
    ...(stderr !== undefined && { stderr: openByteReader(stderr) }),
    ...(notify !== undefined && { notify: readPipe(notify) }),
  };
}

function nodeStreams(request: SpawnRequest, child: ChildProcess): ChildStreams {
  return Object.fromEntries(pipesOf(request).map(([name, slot]) => [name, child.stdio[slot] as Readable]));
}

function closeDraft({ theirs, ours }: Draft): void {
  closeAll(theirs.splice(0));
  closeAll(Object.values(ours));
}

function attempt<T>(request: SpawnRequest, stage: SpawnError['stage'], action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw spawnFailure(request, stage, errnoOf(error), error);
  }
}
