import type { AnswerPair } from '../../core/domain/preference.js';
import type { LabelChoice, LabelLine } from './label-line.js';

/** An anchor as a run file's `goldPairs` holds it. */
export interface LabelledAnchor {
  readonly id: string;
  readonly rubric: string;
  readonly prompt: string;
  readonly better: string;
  readonly worse: string;
  readonly why: string;
}

/** Anchors, and the pairs that became none: nobody labelled them, people saw no difference, or they disagreed. */
export interface AnchorsOfLabels {
  readonly anchors: readonly LabelledAnchor[];
  readonly unlabelled: readonly string[];
  readonly tied: readonly string[];
  readonly disputed: readonly string[];
}

type Votes = Readonly<Record<LabelChoice, number>>;

/**
 * Turns labels into anchors. A person has one vote on a pair; two orders with different answers make it a tie, since the
 * side decided and not the text. A pair is an anchor where more than half of its voters chose the same answer.
 */
export function anchorsOfLabels(labels: readonly LabelLine[], pairs: readonly AnswerPair[]): AnchorsOfLabels {
  const rubric = labels.at(0)?.rubric ?? '';
  const votes = votesByPair(labels);
  const anchors: LabelledAnchor[] = [];
  const unlabelled: string[] = [];
  const tied: string[] = [];
  const disputed: string[] = [];
  for (const pair of pairs) {
    const ofPair = votes.get(pair.id);
    const winner = ofPair === undefined ? undefined : majority(ofPair);
    if (ofPair === undefined) unlabelled.push(pair.id);
    else if (winner === undefined) disputed.push(pair.id);
    else if (winner === 'tie') tied.push(pair.id);
    else anchors.push(anchorOf(pair, { winner, votes: ofPair, rubric }));
  }
  return { anchors, unlabelled, tied, disputed };
}

function votesByPair(labels: readonly LabelLine[]): Map<string, Votes> {
  const byVoter = new Map<string, LabelLine[]>();
  for (const label of labels) {
    const key = JSON.stringify([label.pair, label.annotator]);
    byVoter.set(key, [...(byVoter.get(key) ?? []), label]);
  }
  const votes = new Map<string, Votes>();
  for (const [{ pair, choice }, ...again] of byVoter.values()) {
    const vote = again.every((label) => label.choice === choice) ? choice : 'tie';
    const before = votes.get(pair) ?? { first: 0, second: 0, tie: 0 };
    votes.set(pair, { ...before, [vote]: before[vote] + 1 });
  }
  return votes;
}

function majority(votes: Votes): LabelChoice | undefined {
  const voters = votes.first + votes.second + votes.tie;
  return (['first', 'second', 'tie'] as const).find((choice) => votes[choice] * 2 > voters);
}

function anchorOf(
  { id, prompt, first, second }: AnswerPair,
  { winner, votes, rubric }: { winner: 'first' | 'second'; votes: Votes; rubric: string },
): LabelledAnchor {
  const [better, worse] = winner === 'first' ? [first, second] : [second, first];
  const voters = votes.first + votes.second + votes.tie;
  const why = `labelled: better for ${votes[winner]} of ${voters} annotators`;
  return { id, rubric, prompt: prompt.text, better, worse, why };
}
