import type { ParamTypes } from './params.ts';
import type { RouteEntry } from './route.ts';
import type { SchemaName, SchemaTypes } from './schemas.ts';
import type { routes } from './table.ts';

type Routes = typeof routes;

/** The method and path of a route: `POST /api/v1/processes/{name}/start`. */
export type RouteKey = keyof Routes;

type Field<K extends RouteKey, F extends keyof RouteEntry> = Routes[K] extends { readonly [P in F]: infer V }
  ? V
  : undefined;
type Named<N> = N extends SchemaName ? SchemaTypes[N] : undefined;
type Kinds<K> =
  K extends Readonly<Record<string, keyof ParamTypes>>
    ? { readonly [P in keyof K]: ParamTypes[K[P]] }
    : Record<never, never>;

/** The body a route answers with. */
export type ResponseOf<K extends RouteKey> = Named<Field<K, 'response'>>;
/** The body a route takes; `undefined` where it takes none. */
export type BodyOf<K extends RouteKey> = Named<Field<K, 'body'>>;
/** The parameters in its path. */
export type PathOf<K extends RouteKey> = Kinds<Field<K, 'path'>>;
/** The parameters of its query, all optional. */
export type QueryOf<K extends RouteKey> = Partial<Kinds<Field<K, 'query'>>>;
/** Messages of its stream by the name of the event. In the stream of events, `event` stands for every type of event. */
export type StreamOf<K extends RouteKey> =
  Field<K, 'stream'> extends infer S ? { readonly [P in keyof S]: Named<S[P]> } : never;
