import { compareVersions, isHigherVersion } from '../../../../reward/rubric/semantic-version.js';

describe('versions of rubrics', () => {
  it('are compared number by number', () => {
    const sorted = ['0.9.9', '1.0.0', '1.2.0', '1.10.0', '2.0.0'];
    expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
    expect(isHigherVersion('1.10.0', '1.9.9')).toBe(true);
    expect(isHigherVersion('1.0.0', '1.0.0')).toBe(false);
  });
});
