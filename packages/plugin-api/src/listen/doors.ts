import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { readCertificate, type Transport } from '../access/callers.ts';
import { isLoopback, toPlainAddress } from '../access/ranges.ts';
import type { ApiSettings, TcpSettings } from '../settings.ts';
import { limitConnections, readDescriptorLimit, toCapacity } from './capacity.ts';
import { listenOnTcp } from './tcp.ts';
import { createTlsServer } from './tls.ts';
import { type Later, listenOnSocket, type SocketPlace } from './unix-socket.ts';

/** Who a connection comes from. */
export interface Origin {
  readonly transport: Transport;
  /** The address that connected; `unix` on the socket. */
  readonly peer: string;
  /** Name in a client certificate that was verified. */
  readonly certificate?: string;
}

export interface DoorPorts {
  /** Where the control socket belongs; undefined where none can be made. */
  readonly socket: string | undefined;
  readonly accept: (socket: Socket, origin: Origin) => void;
  readonly onWarning: (message: string) => void;
  readonly now: () => number;
  /** Runs something once the boot has gone on. */
  readonly later: Later;
}

/** Everything that is listened on. */
export interface Doors {
  /** In words: `/run/pm/pm.sock`, `https://127.0.0.1:9180`. */
  readonly addresses: readonly string[];
  /** Path of the control socket; undefined where there is none. */
  readonly socket: string | undefined;
  /** Takes no more connections; those there are stay. */
  close(): void;
}

/** Each connection costs memory, and a descriptor that services need too. */
interface SizedPorts extends DoorPorts {
  /** Connections of one door at the same time. */
  readonly capacity: number;
}

/** Opens the control socket and TCP, as the settings say. Rejects with PmError, having left nothing open. */
export async function openDoors(settings: ApiSettings, outside: DoorPorts): Promise<Doors> {
  const ports = { ...outside, capacity: toCapacity(readDescriptorLimit(), settings.tcp === undefined ? 1 : 2) };
  const addresses: string[] = [];
  const closers: (() => void)[] = [];
  const close = (): void => closers.splice(0).forEach((closer) => closer());
  try {
    const socket = await openControlSocket(settings, ports);
    if (socket !== undefined) {
      closers.push(socket.close);
      addresses.push(socket.path);
    }
    if (settings.tcp !== undefined) {
      const { server, address } = await openTcp(settings, settings.tcp, ports);
      closers.push(() => void server.close());
      addresses.push(address);
    }
    return { addresses, socket: socket?.path, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A place that was chosen must be had. Without the usual one the processes are worth more than their control. */
async function openControlSocket(
  { socket, socketMode: mode }: ApiSettings,
  ports: SizedPorts,
): Promise<{ readonly path: string; close(): void } | undefined> {
  const path = socket ?? ports.socket;
  if (path === undefined) return undefined;
  try {
    return { path, close: await openSocket({ path, mode }, ports) };
  } catch (error) {
    if (socket !== undefined || !(error instanceof Error)) throw error;
    ports.onWarning(`${error.message}; the processes run all the same`);
    return undefined;
  }
}

async function openSocket(place: SocketPlace, { accept, onWarning, capacity, later }: SizedPorts): Promise<() => void> {
  const makeServer = (): Server => {
    const server = createServer({ allowHalfOpen: true }, (socket) =>
      accept(socket, { transport: 'unix', peer: 'unix' }),
    );
    limitConnections(server, capacity);
    return server;
  };
  const onError = ({ message }: Error): void => onWarning(`the control socket: ${message}`);
  return listenOnSocket(place, { makeServer, later, onError });
}

async function openTcp(
  settings: ApiSettings,
  tcp: TcpSettings,
  ports: SizedPorts,
): Promise<{ server: Server; address: string }> {
  refuseOpenDoor(settings, tcp);
  const server = createTcpServer(tcp, ports);
  limitConnections(server, ports.capacity);
  const address = await listenOnTcp(server, tcp);
  server.on('error', (error) => ports.onWarning(`the API on ${address}: ${error.message}`));
  return { server, address: `${tcp.tls === undefined ? 'http' : 'https'}://${address}` };
}

/** The plan was checked for it. If anything is ever forgotten there, it ends here. */
function refuseOpenDoor({ tokens }: ApiSettings, { host, tls }: TcpSettings): void {
  if (isLoopback(host) || tokens.length > 0 || tls?.clientAuth === 'require') return;
  throw new Error(`the API does not listen on ${host} without a token or client certificates`);
}

function createTcpServer({ tls }: TcpSettings, { accept, onWarning, now }: DoorPorts): Server {
  if (tls === undefined) {
    return createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      accept(socket, { transport: 'tcp', peer: peerOf(socket) }),
    );
  }
  const onConnection = (socket: TLSSocket): void => {
    const certificate = readCertificate(socket);
    accept(socket, { transport: 'tls', peer: peerOf(socket), ...(certificate === undefined ? {} : { certificate }) });
  };
  return createTlsServer(tls, { onConnection, onWarning, now });
}

/** undefined where it is gone already: an address that nobody has. */
function peerOf({ remoteAddress = '' }: Socket): string {
  return toPlainAddress(remoteAddress);
}
