import { describe, expect, test } from 'vitest';
import { planOf } from './fixtures/drafts.ts';
import { findTargets } from './targets.ts';
import { expandTemplate } from './templates.ts';

const plan = planOf({
  processes: {
    nginx: { labels: { tier: 'web' } },
    fpm: { labels: { tier: 'web', lang: 'php' } },
    queue: { scale: 2, max_scale: 4 },
    'queue-mail': {},
  },
  bundles: { web: ['nginx', 'fpm'] },
  templates: { 'vpn@': { command: 'openvpn %i' } },
});

describe('a command finds', () => {
  test.each<[string, string[], unknown[], string[]?]>([
    ['a process', ['nginx'], [{ process: 'nginx' }]],
    ['an instance', ['queue-2'], [{ process: 'queue', index: 2 }]],
    ['an instance that it could be scaled to', ['queue-4'], [{ process: 'queue', index: 4 }]],
    ['a process whose name ends like no instance', ['queue-mail'], [{ process: 'queue-mail' }]],
    ['an instance of that', ['queue-mail-1'], [{ process: 'queue-mail', index: 1 }]],
    ['a bundle', ['web'], [{ process: 'nginx' }, { process: 'fpm' }]],
    ['what carries a label', ['label=tier=web'], [{ process: 'nginx' }, { process: 'fpm' }]],
    ['what carries a label, written with a colon', ['label=lang:php'], [{ process: 'fpm' }]],
    ['several, each once', ['fpm', 'web', 'fpm'], [{ process: 'fpm' }, { process: 'nginx' }]],
    ['a whole process rather than its instances', ['queue-1', 'queue', 'queue-2'], [{ process: 'queue' }]],
    [
      'an instance of a template that is not there yet',
      ['vpn@eu', 'nginx'],
      [{ process: 'vpn@eu' }, { process: 'nginx' }],
      ['vpn@eu'],
    ],
  ])('%s', (_what, names, targets, templates = []) => {
    expect(findTargets(plan, names)).toEqual({ ok: true, targets, templates });
  });

  test('an instance of a template that the plan holds, without planning it again', () => {
    const held = planOf({ templates: { 'vpn@': {} } }, { instantiate: ['vpn@eu'] });
    expect(findTargets(held, ['vpn@eu'])).toEqual({ ok: true, targets: [{ process: 'vpn@eu' }], templates: [] });
  });
});

describe('a command that names', () => {
  test.each<[string, string[], string, string]>([
    ['nobody', [], 'no process is named', 'Name processes'],
    ['something misspelt', ['ngnix'], 'there is no process, instance or bundle "ngnix"', 'Did you mean "nginx"?'],
    [
      'something unheard of',
      ['postgresql'],
      'there is no process, instance or bundle "postgresql"',
      'Known are: nginx, fpm, queue, queue-mail, web, vpn@.',
    ],
    [
      'one wrong among right ones',
      ['nginx', 'wob'],
      'there is no process, instance or bundle "wob"',
      'Did you mean "web"?',
    ],
    [
      'an instance that cannot be',
      ['queue-5'],
      '"queue" can have 4 instances, there is no "queue-5"',
      'queue-1 to queue-4',
    ],
    ['instance 0', ['queue-0'], 'there is no process, instance or bundle "queue-0"', 'Did you mean "queue"?'],
    ['a label nobody has', ['label=tier=wob'], 'no process has the label tier=wob', 'Did you mean "tier=web"?'],
    ['half a label', ['label=tier'], '"label=tier" is not a selector', 'label=KEY=VALUE'],
    ['a template without a name', ['vpn@'], 'there is no process, instance or bundle "vpn@"', 'Did you mean "vpn@"?'],
    ['a template with a bad name', ['vpn@../x'], '"../x" cannot be the name of an instance', 'letters'],
  ])('%s is refused whole', (_what, names, message, hint) => {
    const found = findTargets(plan, names);
    expect(found).toMatchObject({ ok: false, message });
    expect(found.ok ? '' : found.hint).toContain(hint);
  });

  test('anything in an empty plan says so', () => {
    expect(findTargets(planOf({}), ['x'])).toMatchObject({ ok: false, hint: 'Nothing is declared.' });
    expect(findTargets(planOf({}), ['label=a=b'])).toMatchObject({ ok: false, hint: 'No process has labels.' });
  });
});

test('a template is expanded with the name, and refused without a template', () => {
  expect(expandTemplate(plan, 'vpn@eu')).toMatchObject({
    ok: true,
    name: 'vpn@eu',
    template: 'vpn@',
    draft: { command: 'openvpn eu' },
  });
  expect(expandTemplate(plan, 'vpm@eu')).toMatchObject({
    ok: false,
    message: 'there is no template for "vpm@eu"',
    hint: 'Did you mean "vpn@"?',
  });
  expect(expandTemplate(planOf({}), 'x@y')).toMatchObject({ ok: false, hint: 'No templates are declared.' });
});
