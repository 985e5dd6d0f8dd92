/** YAML as PHPeek PM's documents show it, word for word, and with the keys they describe: it must load unchanged. */
export const seedSnippets: Readonly<Record<string, string>> = {
  'gap analysis: a stop signal': `
processes:
  nginx:
    command: ["nginx", "-g", "daemon off;"]
    shutdown:
      signal: SIGQUIT
`,
  'gap analysis: a oneshot before php-fpm': `
processes:
  migrations:
    type: oneshot  # NEW field
    command: ["php", "artisan", "migrate", "--force"]

  php-fpm:
    type: longrun  # Default
    command: ["php-fpm", "-F"]
    depends_on: [migrations]  # Waits for oneshot completion
`,
  'production readiness: horizon': `
global:
  shutdown_timeout: 60  # Global timeout

processes:
  horizon:
    command: ["php", "artisan", "horizon"]
    shutdown:
      pre_stop_hook:
        command: ["php", "artisan", "horizon:terminate"]
        timeout: 60  # Wait up to 60s for terminate
      signal: SIGTERM
      timeout: 120  # Wait up to 120s for graceful exit
`,
  'production readiness: the timeline': `
global:
  shutdown_timeout: 60

processes:
  php-fpm:
    command: ["php-fpm", "-F"]
    shutdown:
      signal: SIGQUIT
      timeout: 30

  horizon:
    command: ["php", "artisan", "horizon"]
    shutdown:
      pre_stop_hook:
        command: ["php", "artisan", "horizon:terminate"]
        timeout: 60
      timeout: 120
`,
  'production readiness: backoff, attempts, dashed hooks, output switches': `
version: "1.0"
global:
  shutdown_timeout: 120  # Conservative for production
  log_format: json
  log_level: info
  restart_policy: always
  restart_backoff: 5
  max_restart_attempts: 3
hooks:
  pre-start:
    - name: config-cache
      command: ["php", "artisan", "config:cache"]
      timeout: 60
      retry: 3
      retry_delay: 5
      continue_on_error: true
      env: {APP_ENV: production}
      working_dir: /var/www/html
  post-stop:
    - name: done
      command: ["echo", "done"]
processes:
  queue-default:
    enabled: true
    command: ["php", "artisan", "queue:work", "--tries=3"]
    working_dir: /var/www/html
    priority: 30
    restart: on-failure
    scale: 2
    depends_on: [php-fpm]
    env:
      QUEUE: default
      TRIES: 3
    stdout: true
    stderr: true
    logging:
      labels: {service: queue}
      min_level: info
  php-fpm:
    command: ["php-fpm", "-F", "-R"]
    priority: 10
    restart: always
`,
};
