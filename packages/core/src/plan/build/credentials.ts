import { didYouMean } from '../../config/suggest.ts';
import { joinPath } from '../../config/path.ts';
import type { Building, Inherited } from './building.ts';
import type { Credentials } from '../spec.ts';

export interface UserDraft {
  readonly user?: string;
  readonly group?: string;
}

/** The credentials that `user` and `group` ask for; undefined when they ask for none, or for somebody unknown (reported). */
export function toCredentials(draft: UserDraft, path: string, building: Building): Credentials | undefined {
  if (draft.user === undefined && draft.group === undefined) return undefined;
  const resolved = building.facts.resolveUser(draft.user, draft.group);
  if ('credentials' in resolved) return resolved.credentials;
  const key = isGroupAtFault(draft, building) ? 'group' : 'user';
  const hint = didYouMean(draft[key] ?? '', resolved.candidates) ?? `Create it in the image, or remove "${key}".`;
  building.report.error(joinPath(path, key), resolved.error, hint);
  return undefined;
}

/** The group is wrong where it is wrong for the supervisor's own user too. */
function isGroupAtFault({ group }: UserDraft, { facts }: Building): boolean {
  return group !== undefined && 'error' in facts.resolveUser(undefined, group);
}

/**
 * The credentials of a process: its own, else those of `global`. A process with a user of its own takes the group from
 * that user, never from `global.group`, which belongs to another user.
 */
export function toProcessCredentials(
  draft: UserDraft,
  path: string,
  scope: { building: Building; inherited: Inherited },
): Credentials | undefined {
  const { building, inherited } = scope;
  if (draft.user !== undefined) return toCredentials(draft, path, building);
  if (draft.group === undefined) return inherited.credentials;
  const user = inherited.user === undefined ? {} : { user: inherited.user };
  return toCredentials({ ...user, group: draft.group }, path, building);
}
