import { MajlisError } from '../../errors.js';
import type { ModelId, TrainerCall } from '../trainer.js';
import type { ModelState } from './model-state.js';

/**
 * The models of all runs, and the order of work on them. Calls on one model are done one after the other, in order
 * of arrival; calls on different models side by side. A call is fenced when it arrives and again when its turn comes.
 */
export class ModelTable {
  private readonly models = new Map<ModelId, ModelState>();
  /** Highest epoch seen, by run. */
  private readonly epochs = new Map<string, number>();

  /** Takes note of a call's epoch; one that is lower than the run's highest is `aborted`. */
  admit({ run, epoch }: TrainerCall): void {
    const highest = this.epochs.get(run) ?? epoch;
    if (epoch < highest) {
      throw new MajlisError(`Epoch ${epoch} of run ${run} has been replaced by epoch ${highest}.`, {
        code: 'aborted',
      });
    }
    this.epochs.set(run, epoch);
  }

  add(model: ModelState): void {
    this.models.set(model.id, model);
  }

  remove(id: ModelId): void {
    this.models.delete(id);
  }

  /** A model of the caller's run. */
  find({ run }: TrainerCall, id: ModelId): ModelState {
    const model = this.models.get(id);
    if (model?.run === run) return model;
    throw new MajlisError(`Run ${run} has no model ${id}.`, { code: 'not_found' });
  }

  /** Does work when everything asked of these models before is done. The first one is the call's model. */
  async inTurn<Result>(
    call: TrainerCall,
    ids: readonly [ModelId, ...ModelId[]],
    work: (model: ModelState, others: readonly ModelState[]) => Promise<Result>,
  ): Promise<Result> {
    this.admit(call);
    const [model, ...others] = ids.map((id) => this.find(call, id));
    const before = Promise.all([model, ...others].map(({ tail }) => tail));
    const result = before.then(async () => {
      this.admit(call);
      // It may have been deleted meanwhile.
      this.find(call, model.id);
      if (call.epoch > model.epoch) {
        model.discardGradient();
        model.epoch = call.epoch;
      }
      return work(model, others);
    });
    const settled = result.catch(() => undefined);
    for (const one of [model, ...others]) one.tail = settled;
    return result;
  }
}

/** Refuses a call that believes the model to be at another version. */
export function checkVersion(model: ModelState, expected: number | undefined): void {
  if (expected === undefined || expected === model.version) return;
  throw new MajlisError(`Model ${model.id} has had ${model.version} steps, not ${expected}.`, {
    code: 'failed_precondition',
  });
}
