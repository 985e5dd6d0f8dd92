import { ClientError } from './errors.ts';

/** What a path or query can hold. Lists are joined by commas; what is undefined is left out. */
export type Value = string | number | boolean | readonly string[] | undefined;

/** What fills a route. */
export interface RouteValues {
  readonly path?: Readonly<Record<string, Value>>;
  readonly query?: Readonly<Record<string, Value>>;
}

/** The first line of a request: `POST /api/v1/processes/{name}/start` with its values in it. Pure. Throws ClientError. */
export function toRequestLine(route: string, { path = {}, query = {} }: RouteValues): { method: string; path: string } {
  const [method = '', template = ''] = route.split(' ');
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => toSegment(name, path[name]));
  return { method, path: filled + toQuery(query) };
}

/** `.` and `..` would be taken for a place in the path, however they are written. */
function toSegment(name: string, value: Value): string {
  const text = toText(value);
  if (!['', '.', '..'].includes(text)) return encodeURIComponent(text);
  throw new ClientError(`"${text}" cannot be the ${name} of anything`);
}

function toQuery(query: Readonly<Record<string, Value>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const pairs = given.map(([name, value]) => `${name}=${encodeURIComponent(toText(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function toText(value: Value): string {
  return typeof value === 'object' ? value.join(',') : String(value ?? '');
}
