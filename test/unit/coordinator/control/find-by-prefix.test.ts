import { findByPrefix, listCandidates } from '../../../../coordinator/control/find-by-prefix.js';

describe('a name cut short', () => {
  const names = ['korean-1', 'korean-10', 'arabic'];

  it.each([
    ['whole', 'arabic', { kind: 'found', name: 'arabic' }],
    ['unique', 'a', { kind: 'found', name: 'arabic' }],
    ['whole although another begins with it', 'korean-1', { kind: 'found', name: 'korean-1' }],
    ['ambiguous', 'kor', { kind: 'ambiguous', candidates: ['korean-1', 'korean-10'] }],
    ['unknown', 'x', { kind: 'unknown', candidates: names }],
    ['empty, which is the beginning of everything', '', { kind: 'unknown', candidates: names }],
  ])('is told when it is %s', (_, given, expected) => {
    expect(findByPrefix(names, given)).toEqual(expected);
  });

  it('has candidates that fit in a sentence', () => {
    expect(listCandidates(names)).toBe('korean-1, korean-10, arabic');
    expect(listCandidates(names, 1)).toBe('korean-1 and 2 more');
  });
});
