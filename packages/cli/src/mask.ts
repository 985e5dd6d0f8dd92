const secretName = /pass(word|wd|phrase)|secret|token|credential|private_?key|(api|app|access|encryption)_?key|dsn/i;
const credentialsInUrl = /(:\/\/[^:/@\s]*:)[^@/\s]+@/g;

/** The value of a variable, with `***` in place of what its name or its form (`https://user:pw@host`) says is a secret. */
export function maskVariable(name: string, value: string): string {
  return value !== '' && secretName.test(name) ? '***' : value.replace(credentialsInUrl, '$1***@');
}
