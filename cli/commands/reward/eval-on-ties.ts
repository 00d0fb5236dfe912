import { BadInputError, MajlisError } from '../../../core/errors.js';
import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import { createRng } from '../../../core/math/rng.js';
import { createLightRewardModel } from '../../../reward/model/light/light-reward-model.js';
import { readTiedQuestions } from '../../../reward/model/read-tied-questions.js';
import { scoreTies } from '../../../reward/model/score-ties.js';
import { evaluateTies, type TiesEvaluation } from '../../../reward/model/ties-score.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { openLightReward } from './open-light-reward.js';

export interface EvalOnTiesRequest {
  readonly directory: string;
  /** File of questions. */
  readonly ties: string;
  readonly seed: number;
  /** Refused: there is no page of these figures. */
  readonly html?: string;
}

const NAMES: readonly (readonly [keyof TiesEvaluation, string])[] = [
  ['score', 'score, as RewardBench 2 weighs it'],
  ['tiedAccuracy', 'each of several right answers beats every wrong one'],
  ['referenceAccuracy', 'the one right answer beats every wrong one'],
  ['preferred', 'wrong ones lie further off than right ones apart'],
  ['preferredHard', 'the same beside the question with one right answer'],
  ['margin', 'margin, in −1 to 1'],
];

/** Measures a reward model on questions that have several right answers. */
export async function evalOnTies(request: EvalOnTiesRequest, session: Session): Promise<CommandResult> {
  const { directory, ties, seed, html } = request;
  if (html !== undefined) {
    throw new BadInputError({
      source: 'command line',
      found: '--html with --ties',
      allowed: '--html with --pairs or --kit; --json prints these figures for a program',
    });
  }
  const stored = await openLightReward(directory);
  const halves = await readTiedQuestions(ties);
  const show = stoppableProgress(session);
  const { questions, excluded } = await scoreTies(createLightRewardModel(stored), halves, {
    locale: stored.rubric.locale,
    signal: session.signal,
    onProgress: (done, all) => {
      show({ stage: 'scoring', done, all, unit: 'prompts' });
    },
  });
  const left = Object.entries(excluded).map(([why, count]) => `${count} ${why.replaceAll('_', ' ')}`);
  if (questions.length === 0) {
    throw new MajlisError(`no question of ${ties} can be measured: ${left.join(', ')}`, {
      code: 'failed_precondition',
    });
  }
  const evaluation = evaluateTies(questions, createRng(seed).fork('ties'));
  const { hash, rubric } = stored;
  const title = `reward model ${hash.slice(0, 12)} of rubric ${rubric.id}: ${evaluation.questions} questions, ${evaluation.paired} of them with both halves`;
  return {
    json: { hash, rubric: rubric.id, rubricHash: rubric.hash, excluded, evaluation },
    text: [title, ...left.map((one) => `left out: ${one}`), '', tableOf(evaluation)].join('\n'),
  };
}

function tableOf(evaluation: TiesEvaluation): string {
  const rows = NAMES.flatMap(([key, name]) => {
    const figure: number | IntervalEstimate | undefined = evaluation[key];
    if (figure === undefined || typeof figure === 'number') return [];
    return [[name, figure.value.toFixed(3), `${figure.low.toFixed(3)} to ${figure.high.toFixed(3)}`]];
  });
  return formatTable(['', '', '95% interval'], rows);
}
