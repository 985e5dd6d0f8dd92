import { write } from 'node:fs';
import { systemClock } from '@pm-supervisor/core';
import type { Writer } from '../writer.ts';

/** Output without an end. */
export interface Outlet {
  /** Waits for its reader as long as it takes. false: there is none any more. */
  send(text: string): Promise<boolean>;
}

/** How long a full pipe that does not block is left alone. */
const pauseMs = 5;

/** A writer gives a reader up that does not read for a while; a pager may take its time. */
export function createOutlet(writer: Writer): Outlet {
  const { fd } = writer;
  let open = true;
  return {
    async send(text) {
      if (fd === undefined) writer.write(text);
      else open &&= await sendWhole(fd, Buffer.from(text));
      return open;
    },
  };
}

/** In a thread of Node's pool: what blocks there blocks nothing else. */
async function sendWhole(fd: number, bytes: Buffer): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    const { error, written } = await sendPart(fd, bytes.subarray(at));
    if (error !== null && error.code !== 'EAGAIN') return false;
    if (error !== null) await systemClock.sleep(pauseMs);
    at += written;
  }
  return true;
}

function sendPart(fd: number, bytes: Buffer): Promise<{ error: NodeJS.ErrnoException | null; written: number }> {
  return new Promise((resolve) =>
    write(fd, bytes, (error, written) => resolve({ error, written: error === null ? written : 0 })),
  );
}
