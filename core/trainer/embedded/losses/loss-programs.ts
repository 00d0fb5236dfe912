import type { LossName, LossRequest } from '../../trainer.js';
import { bradleyTerry } from './bradley-terry.js';
import { crossEntropy } from './cross-entropy.js';
import { dpo } from './dpo.js';
import type { LossProgram, LossStructure } from './loss-program.js';
import { ppo } from './ppo.js';
import { value } from './value.js';

type Programs = {
  readonly [Name in LossName]: LossProgram<
    Extract<LossRequest, { type: Name }>,
    Extract<LossStructure, { type: Name }>
  >;
};

const PROGRAMS: Programs = {
  cross_entropy: crossEntropy,
  ppo,
  value,
  bradley_terry: bradleyTerry,
  dpo,
};

/** The program of a loss, by the type of its request or of its structure. */
export function lossProgram(type: LossName): LossProgram<LossRequest, LossStructure> {
  // Each program is only ever given what carries its own name, which the compiler cannot follow through a table.
  return PROGRAMS[type];
}

export const LOSS_NAMES: readonly LossName[] = ['cross_entropy', 'ppo', 'value', 'bradley_terry', 'dpo'];
