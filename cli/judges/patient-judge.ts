import type { PairVerdict } from '../../core/domain/verdict.js';
import { RewardNotReady } from '../../coordinator/score/reward-not-ready.js';
import type { Judge } from '../../reward/judge/judge.js';

export interface Patience {
  /** What the judge is asked about, for the sentence. */
  readonly rubricId: string;
  /** How many questions it will be asked. */
  readonly questions: number;
  /** The largest share of them that may end without a verdict. */
  readonly share: number;
}

const REASONS_TOLD = 3;
const LONGEST_REASON = 120;

/**
 * The judge, for as long as enough of its questions end in a verdict. The first failure past the share rejects as
 * RewardNotReady with the reasons: a reward that is made from what a broken judge leaves over would be another reward. An
 * abstention is a verdict on the question and counts for none.
 */
export function patientWith(judge: Judge, { rubricId, questions, share }: Patience): Judge {
  const allowed = Math.floor(share * questions);
  const reasons: string[] = [];
  return {
    ...judge,
    judge: async (request, signal) => {
      const verdict = await judge.judge(request, signal);
      const reason = failureOf(verdict);
      if (reason === undefined) return verdict;
      if (reasons.push(reason) <= allowed) return verdict;
      const found = `${reasons.length} of ${questions} questions about rubric ${rubricId} without a verdict`;
      throw new RewardNotReady(
        `Judge ${judge.id} left ${found}; allowed: ${allowed} (judges.noVerdictShare ${share}). It said: ${tally(reasons)}.`,
      );
    },
  };
}

function failureOf({ outcome }: PairVerdict): string | undefined {
  if (outcome.kind === 'judge_failed') return outcome.reason;
  return outcome.kind === 'unparseable' ? 'a reply that does not keep to what was asked for' : undefined;
}

/** The most frequent reasons, each with how often it was given. */
function tally(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) {
    const short = reason.slice(0, LONGEST_REASON);
    counts.set(short, (counts.get(short) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted
    .slice(0, REASONS_TOLD)
    .map(([reason, count]) => `${reason} (${count})`)
    .join(', ');
}
