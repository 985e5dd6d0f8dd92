import type { Clock, Plan, PluginScope } from '@pm-supervisor/core';
import type { Caller } from '../access/callers.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/gate.ts';
import type { Operations } from '../operations.ts';
import type { Parameters } from '../parameters.ts';
import type { Contributions } from '../registry.ts';
import type { Route } from '../routes/route.ts';
import type { EventStream } from '../streams/event-stream.ts';
import type { Hub } from '../streams/hub.ts';
import type { LogStream } from '../streams/log-stream.ts';
import type { UsageMeter } from '../usage.ts';

/** Everything that handlers work with. */
export interface ApiContext {
  readonly pm: PluginScope;
  readonly clock: Clock;
  readonly plan: () => Plan | undefined;
  readonly contributions: Contributions;
  readonly operations: Operations;
  readonly meter: UsageMeter;
  readonly hub: Hub;
  readonly events: EventStream;
  readonly logs: LogStream;
  /** Every route that is answered now. */
  readonly routes: () => readonly Route[];
  /** Runs work that must not overlap with other work of the same name. */
  readonly inTurn: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** A request whose caller is known and allowed, and whose parameters and body were checked. */
export interface ApiRequest {
  readonly parameters: Parameters;
  readonly body: unknown;
  /** Absent on public routes, where nobody said who they are. */
  readonly caller: Caller | undefined;
  /** Where the caller is: `unix`, `10.0.0.7`, `10.0.0.7 for 192.0.2.1`. */
  readonly from: string;
  readonly exchange: Exchange;
}

/** Answers a request; nothing where it has taken the answer over as a stream. */
export type Handler = (context: ApiContext, request: ApiRequest) => Answer | undefined | Promise<Answer | undefined>;

/** 200 with this. */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** A parameter that is a text. */
export function textOf({ parameters }: ApiRequest, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === 'string' ? value : undefined;
}

/** A parameter that is a number. */
export function numberOf({ parameters }: ApiRequest, name: string): number | undefined {
  const value = parameters[name];
  return typeof value === 'number' ? value : undefined;
}

/** A parameter that is a flag; false without it. */
export function flagOf({ parameters }: ApiRequest, name: string): boolean {
  return parameters[name] === true;
}
