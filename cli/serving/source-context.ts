import type { TrainerSource } from '../../reward/serving/serving-config.js';
import type { ServedTrainers } from './served-trainers.js';

/** Where a source was written, and what networks are opened in. */
export interface SourceContext {
  /** The file that names it: its paths are relative to that one's folder. */
  readonly file: string;
  /** As an error names it, such as `rewards.active`. */
  readonly place: string;
  readonly trainers: ServedTrainers;
  /** The file's own trainer. */
  readonly trainer?: TrainerSource | undefined;
}
