import type { Order } from '../../core/domain/verdict.js';
import { BadInputError } from '../../core/errors.js';
import type { Judge } from './judge.js';
import { verdictOf } from './verdict-of.js';

/** What one person said of one pair in one order. */
export interface HumanLabel {
  /** Id of the pair. */
  readonly pair: string;
  /** Id of the rubric. */
  readonly rubric: string;
  readonly annotator: string;
  /** The better answer, in the frame of the pair whatever order was shown. */
  readonly choice: 'first' | 'second' | 'tie';
  readonly shown: Order;
}

export interface HumanJudgeOptions {
  /** What held the labels, for messages. */
  readonly source: string;
  /** Ids of the pairs that there are to judge; a label for another one is refused. */
  readonly pairIds: ReadonlySet<string>;
  /** What a person's choice is worth before calibration; 0.9 by default. */
  readonly decisiveProbability?: number;
}

/**
 * One judge for each annotator, who says what the labels say in the order that was shown and abstains from everything
 * else. A label for an unknown pair, or two different choices of one person for one pair, rubric and order, is a
 * BadInputError; different choices in different orders are a position bias, and stay.
 */
export function createHumanJudges(labels: readonly HumanLabel[], options: HumanJudgeOptions): Judge[] {
  const { source, decisiveProbability: decisive = 0.9 } = options;
  const byAnnotator = new Map<string, Map<string, HumanLabel>>();
  for (const [index, label] of labels.entries()) {
    const refuse = (found: string, allowed: string): never => {
      throw new BadInputError({ source, place: `label ${index + 1}`, found, allowed });
    };
    if (!options.pairIds.has(label.pair))
      refuse(`the unknown pair ${JSON.stringify(label.pair)}`, 'pairs to be judged');
    const choices = byAnnotator.get(label.annotator) ?? new Map<string, HumanLabel>();
    byAnnotator.set(label.annotator, choices);
    const key = keyOf(label.pair, label.rubric, label.shown);
    const before = choices.get(key)?.choice ?? label.choice;
    if (before !== label.choice) {
      const found = `${label.annotator} contradicting himself on pair ${label.pair}: ${label.choice} after ${before}`;
      refuse(found, 'one choice for each annotator, pair, rubric and order');
    }
    choices.set(key, label);
  }
  const worth = { first: decisive, second: 1 - decisive, tie: 0.5 };
  return [...byAnnotator].map(([annotator, choices]) => {
    const id = `human-${annotator}`;
    return {
      id,
      kind: 'human',
      judge: async (request) => {
        const label = choices.get(keyOf(request.pair.id, request.rubric.id, request.order));
        if (label === undefined || request.criterion !== undefined) {
          return verdictOf(id, request, { kind: 'abstained', reason: `${annotator} was not asked this` });
        }
        const probabilityFirst = worth[label.choice];
        return verdictOf(id, request, { kind: 'scored', score: { probabilityFirst } });
      },
    };
  });
}

function keyOf(pair: string, rubric: string, order: Order): string {
  return JSON.stringify([pair, rubric, order]);
}
