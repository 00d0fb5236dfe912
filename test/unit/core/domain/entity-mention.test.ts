import { findEntities } from '../../../../core/domain/entity-mention.js';
import type { LocaleProfile } from '../../../../core/domain/locale.js';
import { arabic, korean } from '../../../support/small-locales.js';

function names(text: string, profile: LocaleProfile): string[] {
  return findEntities(text, profile).map((mention) => mention.entry.text);
}

describe('findEntities', () => {
  it.each([
    ['a bare name', 'زرت القاهرة أمس', ['القاهرة']],
    ['a name after one clitic', 'سافرت بالقاهرة ولندن', ['القاهرة', 'لندن']],
    ['a name after two clitics', 'ذهبت إلى النيل وبأسوان', ['أسوان']],
    ['an article contracted after لـ', 'وصلنا للقاهرة ليلا', ['القاهرة']],
    ['an article contracted after وَلـ', 'وللإسكندرية بحر', ['الإسكندرية']],
    ['a name with the article before it', 'أكلت الكشري', ['كشري']],
    ['a name of two words', 'اشتريته من خان الخليلي.', ['خان الخليلي']],
    ['a vocalised name', 'أُحِبُّ كُشَرِي', ['كشري']],
    ['a name stretched by tatweel', 'لنـــدن', ['لندن']],
    ['no name inside another word', 'كشريتنا القاهراتية', []],
    ['no contraction without its preposition', 'كانت قاهرة', []],
  ])('finds %s in Arabic', (_case, text, expected) => {
    expect(names(text, arabic)).toEqual(expected);
  });

  it.each([
    ['a name with a particle', '서울에서 만나요', ['서울']],
    ['a name with two particles', '서울에서는 김치를 먹어요', ['서울', '김치']],
    ['a name with the copula', '여기는 부산입니다', ['부산']],
    ['the longer of two names', '부산진에 가요', ['부산진']],
    ['no name in a compound', '서울역 앞에서', []],
    ['a name in decomposed Hangul', '부산'.normalize('NFD'), ['부산']],
  ])('finds %s in Korean', (_case, text, expected) => {
    expect(names(text, korean)).toEqual(expected);
  });

  it('reports mentions in order with offsets of the name alone', () => {
    const text = 'من لندن للقاهرة';
    expect(findEntities(text, arabic).map(({ start, end }) => text.slice(start, end))).toEqual([
      'لندن',
      'قاهرة',
    ]);
  });
});
