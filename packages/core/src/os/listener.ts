import { loadSys } from '@pm-supervisor/native';

/**
 * A Unix stream socket at `path` that listens, as a descriptor, for `net.Server.listen({ fd })` later: whoever connects
 * until then waits in the kernel. Node's own `listen` loads its cluster first, 2 ms of a boot that services wait for.
 * `backlog`: how many may wait. undefined without the native helper. Throws the system's error, whose `code` is as of
 * bind(2) or listen(2).
 */
export function openListener(path: string, backlog: number): number | undefined {
  return loadSys()?.listen(path, backlog);
}
