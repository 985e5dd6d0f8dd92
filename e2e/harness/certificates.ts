import { execFileSync } from 'node:child_process';
import type { Folder } from './folder.ts';

/** An authority (`ca.crt`), two certificates of a server on 127.0.0.1 (`old`, `new`), and one of a client called deploy. */
export function makeCertificates({ path }: Folder): void {
  const run = (...args: string[]): void => void execFileSync('openssl', args, { cwd: path, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=ca', '-days', '2');
  for (const [name, subject] of [
    ['old', 'old'],
    ['new', 'new'],
    ['client', 'deploy'],
  ] as const) {
    run(
      'req',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${subject}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    );
    run(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-copy_extensions',
      'copy',
    );
  }
}
