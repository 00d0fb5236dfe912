import { parseInput } from '../../../../core/config/parse-input.js';
import { runConfigSchema } from '../../../../core/config/run-config.js';
import { localesOf } from '../../../../core/config/run-locales.js';

const data = {
  ...{ corpus: 'c', heldOutCorpus: 'h', prompts: 'p', heldOutPrompts: 'q' },
  ...{ goldPairs: 'g', controlPairs: 'r', controlGold: 's' },
};
const single = { name: 'run', locale: 'ar', rubric: 'ar-msa', data };
const arabic = { locale: 'ar', rubric: 'ar-msa', data };
const korean = { locale: 'ko', rubric: 'ko-haeyo', data };
const several = { name: 'run', locales: [arabic, korean] };

const parse = (config: object): ReturnType<typeof runConfigSchema.parse> =>
  parseInput(runConfigSchema, config, { source: 'run.yaml' });

describe('the locales of a run file', () => {
  it('are one by itself, whose configuration holds no list', () => {
    const config = parse(single);
    expect(localesOf(config)).toEqual([arabic]);
    expect(config).not.toHaveProperty('locales');
  });

  it('are several in the order of their list', () => {
    expect(localesOf(parse(several)).map(({ locale }) => locale)).toEqual(['ar', 'ko']);
  });

  it.each([
    [
      'no locale at all',
      { name: 'run' },
      'run.yaml at locale: found nothing; allowed: a value of type string',
    ],
    [
      'no files',
      { ...single, data: undefined },
      'run.yaml at data: found nothing; allowed: a value of type object',
    ],
    [
      'a rubric beside the list',
      { ...several, rubric: 'ar-msa' },
      'run.yaml at rubric: found "ar-msa"; allowed: no rubric beside locales, each of which has its own',
    ],
    ['a list of one', { ...several, locales: [arabic] }, 'run.yaml at locales: found [{"locale":"ar"'],
    [
      'a locale twice',
      { ...several, locales: [arabic, { ...korean, locale: 'AR' }] },
      'run.yaml at locales[1].locale: found "AR" beside "ar"; allowed: a locale that is no other’s',
    ],
    [
      'a locale under another',
      {
        ...several,
        locales: [
          { ...arabic, locale: 'ar-EG' },
          { ...korean, locale: 'ar' },
        ],
      },
      'run.yaml at locales[1].locale: found "ar" beside "ar-EG"; allowed: a locale that is no other’s, and neither',
    ],
    [
      'one rubric for two',
      { ...several, locales: [arabic, { ...korean, rubric: 'ar-msa' }] },
      'run.yaml at locales[1].rubric: found "ar-msa"; allowed: a rubric of its own',
    ],
    [
      'an unknown key of an entry',
      { ...several, locales: [arabic, { ...korean, seed: 1 }] },
      'run.yaml at locales[1]: found unknown key "seed"; allowed: the keys locale, rubric, data',
    ],
  ])('refuse %s', (_case, config, sentence) => {
    expect(() => parse(config)).toThrow(sentence);
  });
});
