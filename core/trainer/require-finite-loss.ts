import { MajlisError } from '../errors.js';

/** Which step a loss is of, in words for a person. */
export interface LossPlace {
  /** `supervised step 3 of 600`. */
  readonly step: string;
  /** What the batch is of: `demonstrations`. */
  readonly of: string;
  /** Which of them. */
  readonly batch: readonly (string | number)[];
  /** What a person does now. */
  readonly nextStep: string;
}

/** Names that a sentence lists before it goes over to counting. */
const NAMED = 8;

/** Stops at a loss that is no number, before it becomes weights; the batch is named. */
export function requireFiniteLoss(loss: number, { step, of, batch, nextStep }: LossPlace): void {
  if (Number.isFinite(loss)) return;
  const message = `The loss of ${step} is ${loss}, on ${of} ${listed(batch)}; ${nextStep}.`;
  throw new MajlisError(message, { code: 'out_of_range' });
}

/** The first few by name, the others by number. */
export function listed(batch: readonly (string | number)[]): string {
  const named = batch.slice(0, NAMED).join(', ');
  return batch.length > NAMED ? `${named} and ${batch.length - NAMED} more` : named;
}
