import { ROLE_PURPOSES, ROLES } from '../../../core/trust/role.js';
import { namedRows } from './pages.js';

it('docs/security.md names every role with its purpose', () => {
  const rows = namedRows('docs/security.md').filter(([name]) => ROLES.some((role) => role === name));
  expect(rows.map(([name, purpose]) => [name, purpose])).toEqual(Object.entries(ROLE_PURPOSES));
});
