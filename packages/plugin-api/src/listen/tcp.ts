import type { Server } from 'node:net';
import { toListenError } from './listen-error.ts';

export interface TcpPlace {
  /** `*` is every address. */
  readonly host: string;
  readonly port: number;
}

/** Listens on TCP; resolves with the address in words. */
export async function listenOnTcp(server: Server, { host, port }: TcpPlace): Promise<string> {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, place)));
    // Without a host it is `::` and IPv4 beside it, or IPv4 alone where there is nothing else.
    server.listen({ port, ...(host === '*' ? {} : { host }) }, resolve);
  });
  server.removeAllListeners('error');
  const address = server.address();
  return typeof address === 'object' && address !== null ? place.replace(/:\d+$/, `:${address.port}`) : place;
}
