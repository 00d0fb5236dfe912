import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { createAnswerScorer } from '../../../../reward/judge/answer-scorer.js';
import { createRubricGate, createVetoGate } from '../../../../reward/scorer/veto-gate.js';
import { promptOf, shippedRubric } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const ROWS = readFileSync(join(packageRoot, 'examples', 'arabic', 'sft.jsonl'), 'utf8')
  .split('\n', 60)
  .map((line) => JSON.parse(line) as { readonly prompt: string; readonly answer: string });

describe('createRubricGate', () => {
  it('rules out what the whole rubric does, by the same criterion', async () => {
    const rubric = await shippedRubric('ar-msa');
    const whole = createVetoGate(createAnswerScorer(rubric, arabic));
    const gate = createRubricGate(rubric, arabic);
    const answers = ROWS.flatMap(({ prompt, answer }) => [
      ...[answer, '', prompt, `${answer} `.repeat(12), answer.slice(0, 9), 'I cannot say.'].map((text) => ({
        prompt,
        text,
      })),
    ]);
    const reasons = answers.map(({ prompt, text }) => whole(promptOf(arabic, prompt), text));
    expect(answers.map(({ prompt, text }) => gate(promptOf(arabic, prompt), text))).toEqual(reasons);
    // Several criteria fall, and most of the corpus passes: else it would say little that both agree.
    expect(new Set(reasons).size).toBeGreaterThan(3);
    expect(reasons.filter((reason) => reason === undefined).length).toBeGreaterThan(30);
  });

  it('reads no answer where the rubric vetoes nothing, but for its length', async () => {
    const rubric = await shippedRubric('ar-msa');
    const criteria = rubric.criteria.filter(({ veto }) => veto === undefined);
    const question = promptOf(arabic, 'سؤال؟');
    const gate = createRubricGate({ ...rubric, criteria }, arabic);
    expect(gate(question, '')).toBeUndefined();
    expect(gate(question, 'x'.repeat(10_000_000))).toMatch(/^the answer has 10000000 characters/);
  });
});
