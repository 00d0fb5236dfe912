import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { markdownPages, readPage } from './pages.js';

const OUTSIDE = /^(https?:|mailto:|#)/;

function relativeTargets(page: string): string[] {
  const prose = readPage(page).replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !OUTSIDE.test(target));
}

it.each(markdownPages())('%s links to files that exist', (page) => {
  const missing = relativeTargets(page).filter(
    (target) => !existsSync(join(packageRoot, dirname(page), target.split('#')[0])),
  );
  expect(missing).toEqual([]);
});

it('finds the links that it is there to check', () => {
  expect(relativeTargets('docs/architecture.md')).toContain('../coordinator/coordinator.ts');
});
