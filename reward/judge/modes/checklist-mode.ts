import type { Criterion } from '../../../core/domain/rubric.js';
import { compositeScore } from '../../rubric/composite.js';
import { levelScore } from '../../rubric/level-score.js';
import { compareComposites, compareScores } from '../compare-scores.js';
import type { JudgeMode, ReplyReading } from '../judge-mode.js';

/**
 * For each answer alone, which criteria it satisfies, or which of its levels it stands on where a criterion is ordinal.
 * The expected scores go through the rubric's own composite; a question about one criterion compares its two scores.
 */
export const checklistMode: JudgeMode = {
  name: 'checklist',
  orderBlind: true,
  questions: ({ pair }) => [[{ name: 'ANSWER', text: pair.first }], [{ name: 'ANSWER', text: pair.second }]],
  fields: ({ criteria }) =>
    criteria.map((criterion) => ({ name: criterion.key, options: optionsOf(criterion) })),
  score: ([first, second], { rubric, criterion, criteria }) => {
    if (criterion !== undefined) {
      return compareScores(scoreOf(criterion, first), scoreOf(criterion, second));
    }
    const [one, other] = [first, second].map((reading) => {
      const scores = criteria.map((each): [string, number] => [each.key, scoreOf(each, reading)]);
      return compositeScore(rubric, Object.fromEntries(scores), criteria);
    });
    return compareComposites(one, other);
  },
};

function optionsOf({ scale, levels }: Criterion): (number | boolean)[] {
  return scale === 'ordinal' && levels !== undefined ? levels.map(({ level }) => level) : [true, false];
}

/** Expected score, in [0, 1] with 1 the good end. */
function scoreOf(criterion: Criterion, reading: ReplyReading): number {
  const probabilities = reading[criterion.key];
  const scores = optionsOf(criterion).map((option) =>
    typeof option === 'number' ? levelScore(criterion, option) : Number(option),
  );
  return scores.reduce((sum, score, at) => sum + score * probabilities[at], 0);
}
