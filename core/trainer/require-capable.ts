import { MajlisError } from '../errors.js';
import type { LossName, Role, TrainerCapabilities } from './trainer.js';

/** What somebody asks of a trainer. */
export interface TrainerNeeds {
  /** The subject of the sentence that refuses it: `ppo`. */
  readonly who: string;
  readonly roles: readonly Role[];
  readonly losses: readonly LossName[];
  /** Tokens of the longest sequence. */
  readonly contextLength?: number;
  /** Adapters in place of all weights. */
  readonly lora?: boolean;
}

/** Refuses, in one sentence with all that is missing, what a trainer does not have. */
export function requireCapable(capabilities: TrainerCapabilities, needs: TrainerNeeds): void {
  const { who, roles, losses, contextLength = 0, lora = false } = needs;
  const missing = [
    ...roles.filter((role) => !capabilities.roles.includes(role)).map((role) => `role ${role}`),
    ...losses.filter((loss) => !capabilities.losses.includes(loss)).map((loss) => `loss ${loss}`),
    ...(lora && !capabilities.adapters.includes('lora') ? ['adapters (lora)'] : []),
    ...(contextLength > capabilities.contextLength
      ? [
          `a context of ${contextLength} tokens, of which it has ${capabilities.contextLength} (write model.contextLength: ${capabilities.contextLength} or less)`,
        ]
      : []),
  ];
  if (missing.length === 0) return;
  throw new MajlisError(
    `${who} needs what the trainer ${capabilities.engine} does not have: ${missing.join(', ')}`,
    { code: 'failed_precondition' },
  );
}
