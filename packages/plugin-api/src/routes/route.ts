import type { ParamKind } from './params.ts';
import type { SchemaName } from './schemas.ts';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/** What a caller must be allowed to do; each role may do what those before it may. `public` needs no token. */
export type Role = 'public' | 'read' | 'operate' | 'admin';

/** One route, as the table holds it. Its key is the method and the path: `POST /api/v1/processes/{name}/start`. */
export interface RouteEntry {
  readonly summary: string;
  readonly role: Role;
  /** Kinds of the parameters in the path, by name. */
  readonly path?: Readonly<Record<string, ParamKind>>;
  /** Kinds of the parameters of the query, by name. All are optional. */
  readonly query?: Readonly<Record<string, ParamKind>>;
  /** Schema of the request's body; without it a body is refused. */
  readonly body?: SchemaName;
  /** The body may be left out. */
  readonly bodyOptional?: true;
  readonly response: SchemaName;
  /** Answers as a stream too: schemas by the name of the event. `line` and `event` stand for many. */
  readonly stream?: Readonly<Record<string, SchemaName>>;
  /** Answers 202 with the operation while it goes on. */
  readonly long?: true;
  /** Other statuses with the same body. */
  readonly alsoStatus?: 503;
  /** The plugin that answers it, where it is not this one. */
  readonly plugin?: string;
  /** A path of PHPeek PM's, kept for its users. */
  readonly compat?: true;
}

/** One route with its parts told apart: what the router, OpenAPI and the docs page are made from. */
export interface Route extends RouteEntry {
  /** `POST /api/v1/processes/{name}/start`. */
  readonly key: string;
  readonly method: Method;
  readonly path: Readonly<Record<string, ParamKind>>;
  readonly query: Readonly<Record<string, ParamKind>>;
  /** `/api/v1/processes/{name}/start`. */
  readonly template: string;
}

/** Takes an entry of the table apart. */
export function toRoute(key: string, entry: RouteEntry): Route {
  const [method = '', template = ''] = key.split(' ');
  return { ...entry, key, method: method as Method, template, path: entry.path ?? {}, query: entry.query ?? {} };
}
