import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRubric } from '../../../../cli/commands/rubric/find-rubric.js';
import { openAskedJudges } from '../../../../cli/judges/asked-judges.js';
import { judgeAllPairs } from '../../../../cli/pipeline/judged-pairs.js';
import { readRunInputs } from '../../../../cli/pipeline/run-inputs.js';
import { compileJudges } from '../../../../core/config/judges-options.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { systemClock as clock } from '../../../../core/runtime/clock.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('the judging of a run’s pairs', () => {
  const folder = useTemporaryFolder();

  it('takes labels of gold pairs that anchor nothing under this rubric', async () => {
    const { goldPairs: gold, locales } = await readRunInputs(
      join(packageRoot, 'examples', 'arabic', 'run.yaml'),
    );
    const [{ profile }] = locales;
    const said = { annotator: 'Amal', choice: 'first', shown: 'first_shown_first' };
    const lines = gold.map(({ id, rubric }) =>
      JSON.stringify({ ...said, pair: id, rubric, at: '2026-11-22T08:00:00Z' }),
    );
    writeFileSync(join(folder(), 'labels.jsonl'), lines.join('\n'));
    const judges = compileJudges({ labels: ['labels.jsonl'] });
    const place = { runFile: join(folder(), 'run.yaml'), workspace: folder(), run: 'run', clock };
    const asked = await openAskedJudges({ judges, ...place });
    for (const id of ['ar-msa', 'ar-egyptian']) {
      const inputs = { rubric: await findRubric(id), profile, gold, asked, judges, seed: 1 };
      const signal = new AbortController().signal;
      const judged = await judgeAllPairs(inputs, [], { signal, onProgress: () => undefined });
      const person = judged.judges.find((judge) => judge.id === 'human-Amal');
      expect(person?.accuracy.pairs).toBe(20);
    }
  });
});
