import type { Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import { fitControlJudge, goldAccuracy, type ControlJudge } from '../../workers/evaluation/control-judge.js';
import type { RunInputs } from './run-inputs.js';

const LEAST_GOLD_ACCURACY = 0.85;

/** One control judge per rubric, by rubric id; one that fails its own gold may not measure anything. */
export function fitControlJudges(
  { controlPairs, controlGold }: RunInputs,
  rubrics: readonly Rubric[],
): Map<string, ControlJudge> {
  return new Map(
    rubrics.map(({ id }) => {
      const judge = fitControlJudge(controlPairs.filter((pair) => pair.rubric === id));
      const gold = controlGold.filter((pair) => pair.rubric === id);
      if (gold.length === 0) {
        throw new MajlisError(
          `There are no control gold pairs for ${id}, so no control judge may measure it. Add pairs with ` +
            `"rubric": "${id}" to the run file's controlPairs and controlGold.`,
          { code: 'failed_precondition' },
        );
      }
      const accuracy = goldAccuracy(judge, gold);
      if (accuracy < LEAST_GOLD_ACCURACY) {
        throw new MajlisError(
          `The control judge of ${id} gets ${(accuracy * 100).toFixed(0)}% of its ${gold.length} gold pairs right; ` +
            `it counts from ${LEAST_GOLD_ACCURACY * 100}% on. Improve the pairs that it is fitted on.`,
          { code: 'failed_precondition' },
        );
      }
      return [id, judge];
    }),
  );
}

/** The control judge of a rubric. */
export function judgeFor(judges: ReadonlyMap<string, ControlJudge>, rubric: Rubric): ControlJudge {
  const judge = judges.get(rubric.id);
  if (judge !== undefined) return judge;
  throw new MajlisError(`No control judge was fitted for ${rubric.id}.`, { code: 'failed_precondition' });
}
