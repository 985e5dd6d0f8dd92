import type { Readable } from 'node:stream';
import type { Clock } from '../os/clock.ts';
import { endOf, type FollowPosition, followFile } from './follow.ts';
import type { LogAttachment, Logger, LogSource } from './pipeline.ts';

export interface FollowingPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly attach: (source: LogSource, readable: Readable) => LogAttachment;
}

/** Files that are read as the output of instances. */
export interface Following {
  /** What the file holds now is not the instance's: a later `follow` reads from here. Nothing where it was followed before. */
  mark(instance: string, path: string): void;
  follow(source: LogSource, path: string): LogAttachment;
  forget(instance: string): void;
}

/** Remembers how far each file was read: what is written while an instance restarts is not lost. */
export function createFollowing({ clock, logger, attach }: FollowingPorts): Following {
  const positions = new Map<string, Map<string, FollowPosition>>();

  const remember = (instance: string, path: string, position: FollowPosition): void => {
    const known = positions.get(instance) ?? new Map<string, FollowPosition>();
    positions.set(instance, known.set(path, position));
  };
  return {
    mark(instance, path) {
      if (positions.get(instance)?.has(path) !== true) remember(instance, path, endOf(path));
    },
    follow(source, path) {
      const { instance } = source;
      const from = positions.get(instance)?.get(path);
      const follower = followFile(path, {
        clock,
        ...(from === undefined ? {} : { from }),
        onProblem: (reason) => logger.warn(`cannot follow ${path} for ${instance}: ${reason}`),
      });
      const attachment = attach(source, follower.readable);
      const ended = attachment.ended.then(() => {
        remember(instance, path, follower.position());
        follower.readable.destroy();
      });
      return {
        ended,
        stopLines: attachment.stopLines,
        adopt: attachment.adopt,
        detach() {
          follower.finish();
          attachment.detach();
        },
      };
    },
    forget: (instance) => void positions.delete(instance),
  };
}
