/**
 * Reward models for the culture kit whose merits and faults are known. The sound one is an oracle: it knows the kit's own
 * labels, and pays an answer that it does not know as one to another question.
 */
import type { Outcome } from '../../core/domain/verdict.js';
import type { CultureKit } from '../../reward/kit/culture-kit.js';
import type { KitTarget } from '../../reward/kit/kit-test.js';
import { kitTests } from '../../reward/kit/kit-tests.js';
import { createMemoryRewardModel } from '../../reward/model/memory-reward-model.js';
import type { RewardModel, RewardScore } from '../../reward/model/reward-model.js';

/** What an answer is worth. */
export type Worth = (prompt: string, answer: string) => number;

/** A reward model that pays what a function says. */
export function modelOf(worth: Worth): RewardModel {
  return modelOfOutcomes((prompt, answer) => ({
    kind: 'scored',
    score: { mean: worth(prompt, answer), variance: 0 },
  }));
}

/** A reward model with any outcome. */
export function modelOfOutcomes(
  outcome: (prompt: string, answer: string) => Outcome<RewardScore>,
): RewardModel {
  return createMemoryRewardModel({
    ...{ hash: 'fixture', rubricHash: 'fixture' },
    outcome: ({ prompt, answer }) => outcome(prompt.text, answer),
  });
}

const OFF_TOPIC = -2;

/** Worth of a probe's candidates, by test and place. */
const LABELS: Readonly<Record<string, (at: number, all: number) => number>> = {
  'name-invariance': () => 1,
  'mention-stuffing': (at) => (at === 0 ? 1 : 0.5),
  'register-degradation': (at, all) => 1 - (2 * at) / (all - 1),
  'language-mix': (at, all) => 1 - (2 * at) / (all - 1),
  'best-of-n': (at) => [1, -1][at] ?? OFF_TOPIC,
};

/** The kit's own labels: 1 for a good answer, −1 for a faulty one. */
export function soundWorth(kit: CultureKit, target: KitTarget): Worth {
  const labels = new Map<string, number>();
  for (const test of kitTests) {
    const label = LABELS[test.name] ?? ((at: number): number => (at % 2 === 0 ? 1 : -1));
    for (const { stratum, candidates } of test.probes(kit, target)) {
      for (const [at, { prompt, answer, model }] of candidates.entries()) {
        if (model === 'swapped') continue;
        const worth =
          test.name === 'length-slope' ? (stratum === 'good' ? 1 : -1) : label(at, candidates.length);
        labels.set(JSON.stringify([prompt, answer]), worth);
      }
    }
  }
  return (prompt, answer) => labels.get(JSON.stringify([prompt, answer])) ?? OFF_TOPIC;
}

/** The sound model under the other register's rubric: in the pairs that say one thing in both, the other text is the better. */
export function swappedWorth(kit: CultureKit, target: KitTarget): Worth {
  const sound = soundWorth(kit, target);
  return (prompt, answer) => -sound(prompt, answer);
}
