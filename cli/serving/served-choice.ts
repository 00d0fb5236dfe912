import { resolve } from 'node:path';
import { parseInput } from '../../core/config/parse-input.js';
import { BadInputError } from '../../core/errors.js';
import { requireTrainerAddress } from '../pipeline/connect-torch.js';
import { ACTIVE } from '../../reward/serving/served-rewards.js';
import {
  readServingConfig,
  servingConfigSchema,
  type ServingConfig,
} from '../../reward/serving/serving-config.js';

/** Flags that say what a reward server serves, as commander parses them. */
export interface ServedFlags {
  readonly config?: string;
  readonly rubric?: string;
  readonly model?: string;
  readonly alias?: string;
  /** host:port of a PyTorch trainer. */
  readonly trainer?: string;
}

/** What a server serves, and where that is written. */
export interface ServedChoice {
  /** Paths are relative to its folder; the working folder where flags say it. */
  readonly file: string;
  /** What is to be served at this time. */
  readonly read: () => Promise<ServingConfig>;
}

const FLAGS = 'command line';

/** One reward by flags, or those of a file; both, and neither, are a BadInputError. */
export function servedChoice({ config, rubric, model, alias, trainer }: ServedFlags): ServedChoice {
  const [extra] = Object.entries({ rubric, model, alias, trainer }).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag],
  );
  if (config !== undefined) {
    if (extra !== undefined)
      throw refusal(`--${extra} beside --config`, 'one of them: the file names its rewards itself');
    return { file: resolve(config), read: () => readServingConfig(config) };
  }
  if (rubric === undefined && model === undefined) {
    throw refusal(
      'nothing to serve',
      '--rubric, --model, or both; or --config with a file that names several',
    );
  }
  const source = {
    ...(rubric === undefined ? {} : { rubric }),
    ...(model === undefined ? {} : { model }),
    ...(trainer === undefined ? {} : { trainer: { torch: { address: requireTrainerAddress(trainer) } } }),
  };
  const only = parseInput(servingConfigSchema, { rewards: { [alias ?? ACTIVE]: source } }, { source: FLAGS });
  return { file: FLAGS, read: async () => only };
}

function refusal(found: string, allowed: string): BadInputError {
  return new BadInputError({ source: FLAGS, found, allowed });
}
