/** The public surface of the client; nothing else is public. */
export { createClient } from './client.ts';
export type { Client, ClientOptions, RequestInput, Streams } from './client.ts';
export type { CallInput, CallOptions } from './call.ts';
export type { CommandOptions } from './command.ts';
export type { ChangeOptions, Commands, RestartOptions } from './commands.ts';
export type { EndpointOptions } from './endpoint.ts';
export { ApiError, ClientError, DisconnectedError, ProtocolError, TimeoutError, UnreachableError } from './errors.ts';
export type { EndReason } from './errors.ts';
export type { Problem } from './problem.ts';
export type { ListOptions, Questions, StatusOptions } from './questions.ts';
export type { Value } from './request-line.ts';
export type { EventItem, EventQuery } from './stream/events.ts';
export type { LogQuery } from './stream/logs.ts';
export type { ConnectionState, ReconnectOptions, StreamOptions } from './stream/subscription.ts';
export type { Target } from './targets.ts';
export type { TlsOptions } from './transport/wire.ts';
export type { UntilOptions, WatchOptions } from './watch.ts';
export type {
  ConfigView,
  Declaration,
  DependencyStatus,
  Diff,
  EventMessage,
  ExitStatus,
  GapMessage,
  HealthStatus,
  InstanceStatus,
  LogLine,
  Operation,
  PluginStatus,
  ProcessState,
  ProcessStatus,
  Readiness,
  RouteKey,
  RunRecord,
  Status,
  WhoAmI,
} from './contract.ts';
