import type { GazetteerEntry, LocaleProfile } from '../../core/domain/locale.js';

function entry(
  text: string,
  kind: GazetteerEntry['kind'],
  origin: GazetteerEntry['origin'],
  half: GazetteerEntry['half'] = 'seen',
): GazetteerEntry {
  return { text, kind, origin, half };
}

/** A small Arabic profile with halves set by hand, so that tests do not depend on hashes. */
export const arabic: LocaleProfile = {
  locale: 'ar',
  script: 'Arabic',
  registers: {
    msa: { markers: ['هذا', 'ليس', 'سوف', 'أريد', 'الآن', 'لكن'], endings: [] },
    egyptian: { markers: ['ده', 'دي', 'مش', 'عايز', 'دلوقتي', 'بس', 'إزيك', 'كده'], endings: [] },
  },
  prefixes: ['و', 'ف', 'ب', 'ل', 'ال', 'وال', 'بال', 'لل'],
  suffixes: [],
  gazetteer: [
    entry('القاهرة', 'place', 'local'),
    entry('الإسكندرية', 'place', 'local'),
    entry('أسوان', 'place', 'local'),
    entry('الأقصر', 'place', 'local'),
    entry('خان الخليلي', 'place', 'local'),
    entry('كشري', 'food', 'local'),
    entry('ملوخية', 'food', 'local'),
    entry('طنطا', 'place', 'local', 'unseen'),
    entry('لندن', 'place', 'foreign'),
    entry('بيتزا', 'food', 'foreign'),
  ],
  taboo: ['غبي'],
  units: { currency: 'EGP', calendar: 'islamic-umalqura', timeZone: 'Africa/Cairo' },
  localCurrencyWords: ['جنيه', 'جنيهات', 'قرش'],
  foreignCurrencyWords: ['دولار', 'يورو'],
};

/** A small Korean profile. */
export const korean: LocaleProfile = {
  locale: 'ko',
  script: 'Hangul',
  registers: {
    haeyo: { markers: [], endings: ['요', '죠'] },
    hapsyo: { markers: [], endings: ['습니다', '습니까', '니다', '니까', '십시오'] },
    banmal: { markers: ['야', '너'], endings: ['다', '냐', '자', '해', '어'] },
  },
  prefixes: [],
  suffixes: [
    '은',
    '는',
    '이',
    '가',
    '을',
    '를',
    '에',
    '에서',
    '에게',
    '로',
    '도',
    '와',
    '과',
    '의',
    '입니다',
    '이에요',
  ],
  gazetteer: [
    entry('서울', 'place', 'local'),
    entry('부산', 'place', 'local'),
    entry('부산진', 'place', 'local'),
    entry('경주', 'place', 'local'),
    entry('김치', 'food', 'local'),
    entry('추석', 'holiday', 'local'),
    entry('전주', 'place', 'local', 'unseen'),
    entry('런던', 'place', 'foreign'),
    entry('피자', 'food', 'foreign'),
  ],
  taboo: ['바보'],
  units: { currency: 'KRW', calendar: 'dangi', timeZone: 'Asia/Seoul' },
  localCurrencyWords: ['원'],
  foreignCurrencyWords: ['달러', '유로'],
};
