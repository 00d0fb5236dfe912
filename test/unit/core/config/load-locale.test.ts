import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entityHalf } from '../../../../core/config/entity-half.js';
import { loadLocale, loadLocales } from '../../../../core/config/load-locale.js';

const GOOD = `
locale: ar
script: Arabic
registers:
  egyptian: { markers: [ده, دي], endings: [] }
prefixes: [و, ب]
gazetteer:
  - { text: القاهرة, kind: place, origin: local }
  - { text: لندن, kind: place, origin: foreign }
taboo: [غبي]
units: { currency: EGP, calendar: islamic-umalqura, timeZone: Africa/Cairo }
localCurrencyWords: [جنيه]
`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'majlis-locale-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function load(text: string): ReturnType<typeof loadLocale> {
  const path = join(folder, 'ar.yaml');
  await writeFile(path, text);
  return loadLocale(path);
}

describe('loadLocale', () => {
  it('fills what was left out and gives every name its half', async () => {
    const profile = await load(GOOD);
    expect(profile.suffixes).toEqual([]);
    expect(profile.gazetteer[0]).toEqual({
      text: 'القاهرة',
      kind: 'place',
      origin: 'local',
      half: entityHalf('القاهرة'),
    });
  });

  it('reads every profile of a folder', async () => {
    await load(GOOD);
    await writeFile(join(folder, 'notes.txt'), 'not a profile');
    expect((await loadLocales(folder)).map((profile) => profile.locale)).toEqual(['ar']);
  });

  it.each([
    [
      'an unknown key',
      GOOD + 'colour: red\n',
      'found unknown key "colour"; allowed: the keys locale, script',
    ],
    [
      'a script that Unicode lacks',
      GOOD.replace('Arabic', 'Arabesque'),
      'at script: found "Arabesque"; allowed: a Unicode script name',
    ],
    [
      'a currency that does not exist',
      GOOD.replace('EGP', 'XQQ'),
      'at units.currency: found "XQQ"; allowed: an ISO 4217 currency code',
    ],
    [
      'a calendar that Intl lacks',
      GOOD.replace('islamic-umalqura', 'mayan'),
      'at units.calendar: found "mayan"; allowed: a calendar of Intl',
    ],
    [
      'a time zone that does not exist',
      GOOD.replace('Africa/Cairo', 'Africa/Nowhere'),
      'at units.timeZone: found "Africa/Nowhere"',
    ],
    [
      'an unknown kind of name',
      GOOD.replace('kind: place, origin: local', 'kind: planet, origin: local'),
      'at gazetteer[0].kind: found "planet"; allowed: "person", "place"',
    ],
    [
      'a name that stands twice',
      GOOD.replace('لندن', 'القاهرة'),
      'at gazetteer[1].text: found "القاهرة" again; allowed: each name once',
    ],
  ])('refuses %s', async (_case, text, sentence) => {
    await expect(load(text)).rejects.toThrow(sentence);
  });
});

describe('entityHalf', () => {
  // First bytes by coreutils (printf '서울' | sha256sum): ca, 6c, 97, 13.
  it.each([
    ['서울', 'seen'],
    ['부산', 'seen'],
    ['القاهرة', 'unseen'],
    ['لندن', 'unseen'],
  ])('puts %s in the %s half', (text, half) => {
    expect(entityHalf(text)).toBe(half);
  });

  it('does not depend on the Unicode form', () => {
    expect(entityHalf('부산'.normalize('NFD'))).toBe(entityHalf('부산'));
  });
});
