import { parsePath } from '../config/path.ts';

const secretName =
  /password|passwd|passphrase|(^|[_-])pass($|[_-])|secret|token|(api|private|app|access)[_-]?key|credential|^auth(orization)?$|dsn$/i;

/** What stands in place of a secret. */
export const masked = '******';

/**
 * A value as it may be shown: one whose key, or the key above it, names a secret is masked whole; a password inside of
 * a URL is masked alone. Numbers and booleans under such a key are shown: they are settings (`token_length: 32`).
 */
export function maskValue(path: string, value: unknown): unknown {
  const isSecret = parsePath(path)
    .slice(-2)
    .some((segment) => typeof segment === 'string' && secretName.test(segment));
  return mask(value, isSecret);
}

function mask(value: unknown, isSecret: boolean): unknown {
  if (typeof value === 'string') return isSecret && value !== '' ? masked : maskUrl(value);
  if (Array.isArray(value)) return value.map((inner) => mask(inner, isSecret));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mask(inner, isSecret || secretName.test(key))]),
  );
}

function maskUrl(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${masked}@`);
}
