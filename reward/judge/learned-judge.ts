import { logistic } from '../../core/math/logistic.js';
import type { Judge } from './judge.js';
import type { NgramModel } from './ngram-model.js';
import { ngramLogit } from './ngram-model.js';
import { verdictOf } from './verdict-of.js';

export interface LearnedJudgeOptions {
  readonly id?: string;
  /** Fitted models by rubric hash: what is better differs with the rubric. */
  readonly models: ReadonlyMap<string, NgramModel>;
}

/** A judge learnt from authored preferences: its errors are its own, not those of the rules. */
export function createLearnedJudge({ id = 'learned-ngrams', models }: LearnedJudgeOptions): Judge {
  return {
    id,
    kind: 'learned',
    judge: async (request) => {
      const model = models.get(request.rubric.hash);
      if (model === undefined || request.criterion !== undefined) {
        const { rubric, criterion } = request;
        const question = criterion === undefined ? `rubric ${rubric.id}` : `criterion ${criterion.key}`;
        const reason = `no model was fitted for ${question}`;
        return verdictOf(id, request, { kind: 'abstained', reason });
      }
      const probabilityFirst = logistic(ngramLogit(model, request.pair.first, request.pair.second));
      return verdictOf(id, request, { kind: 'scored', score: { probabilityFirst } });
    },
  };
}
