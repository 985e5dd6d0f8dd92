import { parsePath } from '../config/path.ts';

const secretName =
  /password|passwd|passphrase|(^|[_-])pass($|[_-])|secret|token|(api|private|app|access)[_-]?key|credential|^auth(orization)?$|dsn$/i;

/** What stands in place of a secret. */
export const masked = '******';

const noSecrets: ReadonlySet<string> = new Set();

/**
 * A value as it may be shown: one whose key, or the key above it, names a secret is masked whole, and so is a text among
 * `secrets` (what came out of files); a password inside of a URL is masked alone. Numbers and booleans under such a key
 * are shown: they are settings (`token_length: 32`).
 */
export function maskValue(path: string, value: unknown, secrets: ReadonlySet<string> = noSecrets): unknown {
  const isSecret = parsePath(path)
    .slice(-2)
    .some((segment) => typeof segment === 'string' && secretName.test(segment));
  return mask(value, isSecret, secrets);
}

function mask(value: unknown, isSecret: boolean, secrets: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return (isSecret && value !== '') || secrets.has(value) ? masked : maskUrl(value);
  if (Array.isArray(value)) return value.map((inner) => mask(inner, isSecret, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mask(inner, isSecret || secretName.test(key), secrets)]),
  );
}

function maskUrl(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${masked}@`);
}
