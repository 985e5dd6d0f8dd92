/** What server and clients agree on: the table of routes, and the types of what goes over the wire. No code of the server. */
export type * from './bodies.ts';
export type * from './status.ts';
export type * from './types.ts';
export { paramKinds } from './params.ts';
export type { ParamInfo, ParamKind, ParamTypes } from './params.ts';
export { problemCodes } from './problem-codes.ts';
export type { ProblemCode, ProblemCodeName } from './problem-codes.ts';
export type { Method, Role, Route, RouteEntry } from './route.ts';
export type { JsonSchema, SchemaType } from './schema.ts';
export { schemas } from './schemas.ts';
export type { SchemaName, SchemaTypes } from './schemas.ts';
export { apiBase, listRoutes, routes } from './table.ts';
