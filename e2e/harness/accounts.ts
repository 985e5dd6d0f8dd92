import type { Folder } from './folder.ts';

/** Users of the test machine: `app` is in `extra` and `media` as well. */
const passwd =
  'root:x:0:0:root:/root:/bin/sh\napp:x:1500:1500::/home/app:/bin/sh\n1234:x:1501:1501::/home/numbers:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n';
const group = 'root:x:0:\napp:x:1500:\nnumbers:x:1501:\nextra:x:1600:app,nobody\nmedia:x:1700:app\nnogroup:x:65534:\n';

/** A command line for `under`: a mount namespace in which the machine has these users, whatever it has elsewhere. */
export async function useAccounts(folder: Folder): Promise<string> {
  await folder.write('passwd', passwd);
  await folder.write('group', group);
  const script = await folder.write(
    'accounts.sh',
    `#!/bin/sh
set -e
mount --make-rprivate /
mount -n --bind ${folder.path}/passwd /etc/passwd
mount -n --bind ${folder.path}/group /etc/group
exec "$@"
`,
  );
  return `unshare --mount ${script}`;
}
