import { findVeto, repetitionOf } from '../../workers/evaluation/answer-vetoes.js';
import { registerOf } from '../../workers/evaluation/register-of.js';
import { findEntities } from '../../core/domain/entity-mention.js';
import { measuresUnder } from './evaluate-arms.js';
import type { ExperimentResults } from './report-data-of.js';

/**
 * One JSON object a line, from which every figure of the report can be recomputed: each policy's answer to each held-out
 * prompt with what was found in it, and each policy's likelihood of each reference answer.
 */
export function samplesFile({ evaluated, inputs, rubrics, judges }: ExperimentResults): string {
  const sets = rubrics.swapped === undefined ? [rubrics.first] : [rubrics.first, rubrics.swapped];
  const measuring = sets.map((set) => measuresUnder(set, { inputs, judges }));
  const policies = { sft: evaluated.sft, ...evaluated.arms };
  const lines = Object.entries(policies).flatMap(([policy, { policyHash, answers, referenceNll }]) => [
    ...answers.map(({ prompt: { prompt }, text, tokenIds, kl, cutCharacter }, at) => {
      const before = evaluated.sft.answers[at].text;
      const [{ profile }] = measuring.map((measuresOf) => measuresOf(prompt));
      const first = findEntities(text, profile)[0]?.entry;
      return {
        kind: 'answer',
        policy,
        policyHash,
        promptId: prompt.id,
        prompt: prompt.text,
        answer: text,
        tokens: tokenIds.length,
        cutCharacter,
        kl,
        firstEntity: first ?? null,
        register: registerOf(text, profile) ?? null,
        veto: findVeto(prompt.text, text) ?? null,
        repetition: repetitionOf(text),
        probabilityOverSft: Object.fromEntries(
          measuring.map((measuresOf) => {
            const { rubric, judge } = measuresOf(prompt);
            return [rubric, judge.probabilityFirst(prompt.text, text, before)];
          }),
        ),
      };
    }),
    ...referenceNll.map((nll, at) => ({
      kind: 'reference',
      policy,
      referenceId: inputs.heldOutCorpus[at].id,
      nll,
      tokens: evaluated.sft.referenceTokens[at],
    })),
  ]);
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
