import { join } from 'node:path';
import type { Folder } from '../../harness/folder.ts';
import { findProgram } from '../../../tools/test-packages.ts';

/** A real site: nginx in front of php-fpm, both as Debian packages them, in a folder of its own. */
export interface Site {
  readonly port: number;
  readonly yaml: string;
}

/** Writes configuration and page; `port` is nginx's on loopback. */
export async function writeSite(folder: Folder, port: number): Promise<Site> {
  const at = (name: string): string => join(folder.path, name);
  await folder.write('index.php', '<?php usleep((int) ($_GET["us"] ?? 0)); echo "page ", getmypid(), "\\n";');
  await folder.write(
    'php-fpm.conf',
    `
[global]
error_log = /proc/self/fd/2
daemonize = no
process_control_timeout = 10s
[www]
listen = ${at('fpm.sock')}
user = www-data
group = www-data
listen.mode = 0666
pm = static
pm.max_children = 4
ping.path = /ping
catch_workers_output = yes
`,
  );
  await folder.write(
    'nginx.conf',
    `
worker_processes 2;
daemon off;
pid ${at('nginx.pid')};
error_log /dev/stderr notice;
events { worker_connections 256; }
http {
  access_log /dev/stdout;
  client_body_temp_path ${at('t1')}; proxy_temp_path ${at('t2')}; fastcgi_temp_path ${at('t3')}; uwsgi_temp_path ${at('t4')}; scgi_temp_path ${at('t5')};
  keepalive_timeout 30s;
  server {
    listen 127.0.0.1:${port};
    location / {
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME ${at('index.php')};
      fastcgi_pass unix:${at('fpm.sock')};
    }
  }
}
`,
  );
  return { port, yaml: toYaml(folder.path, port) };
}

function toYaml(path: string, port: number): string {
  return `
global: {shutdown_timeout: 60s}
processes:
  php-fpm:
    command: [${findProgram('phpFpm')}, -R, -F, -y, php-fpm.conf]
    ready: {log: "ready to handle connections"}
    shutdown: {signal: SIGQUIT, timeout: 20s}
  nginx:
    command: [${findProgram('nginx')}, -c, ${path}/nginx.conf]
    depends_on: php-fpm
    ready: {port: ${port}}
    shutdown: {signal: SIGQUIT, timeout: 20s}
`;
}
