import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadLocales } from '../../../core/config/load-locale.js';
import { profileFor } from '../../../core/domain/locale.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { createAnswerScorer } from '../../../reward/judge/answer-scorer.js';
import { evaluators } from '../../../reward/judge/evaluators/registry.js';
import { loadRubric } from '../../../reward/rubric/load-rubric.js';
import { loadRubricTests, rubricTestsFile, runRubricTests } from '../../../reward/rubric/rubric-tests.js';

const folder = (name: string): string => join(packageRoot, 'reward', name);

const IDS = readdirSync(folder('rubrics')).flatMap((file) =>
  file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : [],
);

describe('the rubrics that come with Majlis', () => {
  it.each(IDS)('decide at least twelve test pairs of %s as they were written', async (id) => {
    const path = join(folder('rubrics'), `${id}.yaml`);
    const profiles = await loadLocales(folder('locales'));
    const rubric = await loadRubric(path, { evaluators, profiles });
    const profile = profileFor(rubric.locale, profiles);
    if (profile === undefined) throw new Error(`no profile serves ${rubric.locale}`);
    const tests = await loadRubricTests(rubricTestsFile(path), rubric);
    const results = runRubricTests(rubric, tests, createAnswerScorer(rubric, profile));
    expect(results.length).toBeGreaterThanOrEqual(12);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
  });
});
