import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Outcome, PairScore } from '../../core/domain/verdict.js';
import { readAnswer } from './answer-reading.js';
import { refuseLongPair } from './answer-limits.js';
import type { AnswerScorer } from './answer-scorer.js';
import { compareComposites, compareScores } from './compare-scores.js';
import type { CriterionScorer } from './criterion-scorer.js';
import type { Judge, JudgeRequest } from './judge.js';
import { verdictOf } from './verdict-of.js';

/** A prepared criterion and the culture that its answers are read in. */
export interface PreparedCriterion {
  readonly score: CriterionScorer;
  readonly profile: LocaleProfile;
}

export interface RuleJudgeOptions {
  readonly id?: string;
  /** The prepared evaluators of a rubric, by rubric hash; judging under another rubric is abstained from. */
  readonly scorers: ReadonlyMap<string, AnswerScorer>;
  /** By criterion hash; a question about another criterion is abstained from. */
  readonly criteria?: ReadonlyMap<string, PreparedCriterion>;
}

/**
 * The rubric's deterministic evaluators as a pairwise judge: P(first) = σ(4·(R(first) − R(second))). It says the same
 * in either order, and what each criterion added to the difference. Asked about one criterion, it compares the two
 * scores under that criterion. An answer that is too long to be read is refused by its length.
 */
export function createRuleJudge(options: RuleJudgeOptions): Judge {
  const { id = 'rules' } = options;
  return {
    id,
    kind: 'rules',
    judge: async (request) => {
      const outcome = refuseLongPair(request.pair) ?? outcomeOf(request, options);
      return verdictOf(id, request, outcome);
    },
  };
}

function outcomeOf(request: JudgeRequest, options: RuleJudgeOptions): Outcome<PairScore> {
  return request.criterion === undefined
    ? byRubric(request, options.scorers.get(request.rubric.hash))
    : byCriterion(request, options.criteria?.get(request.criterion.hash));
}

function byRubric({ pair, rubric }: JudgeRequest, scorer: AnswerScorer | undefined): Outcome<PairScore> {
  if (scorer === undefined) return { kind: 'abstained', reason: `rubric ${rubric.id} is not prepared` };
  const score = compareComposites(scorer(pair.prompt, pair.first), scorer(pair.prompt, pair.second));
  if (score !== undefined) return { kind: 'scored', score };
  const reason = `the rules of rubric ${rubric.id} alone do not decide what an answer is worth`;
  return { kind: 'abstained', reason };
}

function byCriterion(
  { pair, rubric }: JudgeRequest,
  prepared: PreparedCriterion | undefined,
): Outcome<PairScore> {
  if (prepared === undefined) {
    return { kind: 'abstained', reason: `no such criterion of rubric ${rubric.id} is prepared` };
  }
  const { score, profile } = prepared;
  const [first, second] = [pair.first, pair.second].map((answer) =>
    score(readAnswer(pair.prompt, answer, profile)),
  );
  if (first === undefined || second === undefined) {
    return { kind: 'abstained', reason: 'the criterion does not apply to the prompt' };
  }
  return { kind: 'scored', score: compareScores(first, second) };
}
