import { findVeto, repetitionOf } from '../../workers/evaluation/answer-vetoes.js';
import { registerOf } from '../../workers/evaluation/register-of.js';
import { findEntities } from '../../core/domain/entity-mention.js';
import { judgeFor } from './control-judges.js';
import type { ExperimentResults } from './report-data-of.js';

/**
 * One JSON object a line, from which every figure of the report can be recomputed: each policy's answer to each held-out
 * prompt with what was found in it, and each policy's likelihood of each reference answer.
 */
export function samplesFile({ evaluated, inputs, rubrics, judges }: ExperimentResults): string {
  const { profile } = inputs;
  const policies = { sft: evaluated.sft, ...evaluated.arms };
  const lines = Object.entries(policies).flatMap(([policy, { policyHash, answers, referenceNll }]) => [
    ...answers.map(({ prompt: { prompt }, text, tokenIds, kl, cutCharacter }, at) => {
      const before = evaluated.sft.answers[at].text;
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
          rubrics.map((rubric) => [
            rubric.id,
            judgeFor(judges, rubric).probabilityFirst(prompt.text, text, before),
          ]),
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
