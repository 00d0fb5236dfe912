import { contentHash } from '../../../../core/runtime/content-hash.js';
import type { Rubric } from '../../../../core/domain/rubric.js';
import { rubricSet, withRubric } from '../../../../reward/rubric/rubric-set.js';
import { emptyRubric } from '../../../support/reward-fixtures.js';

function rubric(id: string, locale: string, changes: Partial<Rubric> = {}): Rubric {
  return { ...emptyRubric, id, locale, hash: `hash of ${id}`, ...changes };
}

const msa = { locale: 'ar', rubric: rubric('msa', 'ar-EG') };
const haeyo = { locale: 'ko', rubric: rubric('haeyo', 'ko-KR') };

describe('a set of rubrics', () => {
  it('has the hash of its one member where it has one', () => {
    expect(rubricSet([msa]).hash).toBe('hash of msa');
  });

  it('has the hash of its members by locale, in whatever order they came', () => {
    const { hash, members } = rubricSet([haeyo, msa]);
    const rubrics = [
      ['ar', 'hash of msa'],
      ['ko', 'hash of haeyo'],
    ];
    expect(hash).toBe(contentHash({ rubrics }));
    expect(rubricSet([msa, haeyo]).hash).toBe(hash);
    expect(members.map(({ locale }) => locale)).toEqual(['ar', 'ko']);
  });

  it('has a rubric take the place of the member of its language, and leaves the others', () => {
    const swapped = withRubric(rubricSet([msa, haeyo]), rubric('hapsyo', 'ko'));
    expect(swapped.members.map((member) => member.rubric.id)).toEqual(['msa', 'hapsyo']);
    expect(withRubric(swapped, haeyo.rubric).hash).toBe(rubricSet([msa, haeyo]).hash);
    expect(withRubric(rubricSet([msa]), rubric('egyptian', 'ar-EG')).hash).toBe('hash of egyptian');
  });

  it('has a rubric of a region take the place of that region’s member', () => {
    const regions = [
      { locale: 'ar-EG', rubric: rubric('egyptian', 'ar-EG') },
      { locale: 'ar-MA', rubric: rubric('moroccan', 'ar-MA') },
    ];
    const swapped = withRubric(rubricSet(regions), rubric('darija', 'ar-MA'));
    expect(swapped.members.map((member) => member.rubric.id)).toEqual(['egyptian', 'darija']);
    expect(() => withRubric(rubricSet(regions), rubric('msa', 'ar'))).toThrow(
      'rubric msa at locale: found "ar"; allowed: a rubric for exactly one of ar-EG, ar-MA, the locales of the run',
    );
  });

  it.each([
    [
      'a rubric of another language',
      [msa, { locale: 'ko', rubric: rubric('ja', 'ja-JP') }],
      'rubric ja at locale: found "ja-JP"; allowed: a rubric for ko, the locale that it is to judge',
    ],
    [
      'one id for two',
      [msa, { locale: 'ko', rubric: rubric('msa', 'ko', { hash: 'other' }) }],
      'rubrics of the run: found two of the id msa; allowed: rubrics with an id of their own for each locale',
    ],
  ])('refuses %s', (_case, members, sentence) => {
    expect(() => rubricSet(members)).toThrow(sentence);
  });

  it('takes a rubric for any language', () => {
    const any = { locale: 'ko', rubric: rubric('any', 'und') };
    expect(rubricSet([msa, any]).members).toHaveLength(2);
  });
});
