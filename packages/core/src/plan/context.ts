import type { Merged } from '../config/layer.ts';
import type { UserResolution } from '../os/credentials.ts';
import type { FoundCommand } from '../os/find-command.ts';
import type { PluginUse } from './spec.ts';

/** Facts of the machine that a plan is checked against. The plan asks; it never looks itself. */
export interface MachineFacts {
  /** The user's numbers and groups, or why not. Without `user`, only the group of the supervisor's own user is changed. */
  resolveUser(user: string | undefined, group?: string): UserResolution;
  /** The text of an env file. Throws an Error with `code` (`ENOENT`, `EACCES`, …). */
  readFile(path: string): string;
  /** What `exec` would find: `program` with a slash is taken from `cwd`, else looked up in `path` ($PATH). */
  findCommand(program: string, path: string | undefined, cwd: string): FoundCommand;
  /** Follows links; false where nothing is there. */
  isDirectory(path: string): boolean;
  /** Whether anything is at the path; follows links. */
  exists(path: string): boolean;
  /** The supervisor's own environment, for PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The supervisor's working directory: where relative paths start. */
  readonly cwd: string;
  /** The supervisor's own effective uid. */
  readonly uid: number;
}

/** Where values come from: what `mergeLayers` returns is one. */
export type Origin = Pick<Merged, 'positionOf' | 'sourceOf' | 'provenance'>;

export interface BuildContext {
  readonly facts: MachineFacts;
  readonly origin: Origin;
  /** Plugins that are active, in order. Absent: those the draft names and does not switch off. */
  readonly plugins?: readonly PluginUse[];
  /** Keep only these processes or bundles, and what they need. They boot even if they are disabled or on demand. */
  readonly only?: readonly string[];
  /** Template instances (`openvpn@eu`) that were asked for at run time; those the configuration refers to come by themselves. */
  readonly instantiate?: readonly string[];
}
