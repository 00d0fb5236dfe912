import { differences } from '../../../../cli/pipeline/differences.js';

describe('the differences of two plain values', () => {
  it('are none where both say the same, in whatever order of keys', () => {
    expect(differences({ a: 1, b: { c: [1, 'x'] } }, { b: { c: [1, 'x'] }, a: 1 })).toEqual([]);
  });

  it('name each leaf by its place, in alphabetical order', () => {
    const before = { seed: 1, algorithm: { kl: { target: 6 }, iterations: 8 }, rubric: 'a' };
    const after = { seed: 2, algorithm: { kl: { target: 9 }, iterations: 8 }, rubric: 'a' };
    expect(differences(before, after)).toEqual([
      { place: 'algorithm.kl.target', before: '6', after: '9' },
      { place: 'seed', before: '1', after: '2' },
    ]);
  });

  it('say of a value that one side lacks that it is absent there', () => {
    expect(differences({ kept: 1 }, { kept: 1, swap: { rubric: 'b' } })).toEqual([
      { place: 'swap.rubric', before: undefined, after: '"b"' },
    ]);
    expect(differences({ health: null }, {})).toEqual([
      { place: 'health', before: 'null', after: undefined },
    ]);
  });

  it('tell a text from a number that reads the same', () => {
    expect(differences({ keep: 1 }, { keep: '1' })).toEqual([{ place: 'keep', before: '1', after: '"1"' }]);
  });

  it('compare lists entry by entry', () => {
    expect(differences({ list: ['a', 'b'] }, { list: ['a', 'c', 'd'] })).toEqual([
      { place: 'list.1', before: '"b"', after: '"c"' },
      { place: 'list.2', before: undefined, after: '"d"' },
    ]);
  });
});
