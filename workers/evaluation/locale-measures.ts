import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Locale, Prompt } from '../../core/domain/prompt.js';
import type { ControlJudge } from './control-judge.js';

/** What answers to the prompts of a locale are measured by. */
export interface LocaleMeasures {
  readonly locale: Locale;
  /** Id of the rubric that is measured under. */
  readonly rubric: string;
  readonly profile: LocaleProfile;
  /** Fitted for that rubric. */
  readonly judge: ControlJudge;
  /** The register that it asks for. */
  readonly register: string;
}

/** The measures of a prompt's locale. */
export type MeasuresOf = (prompt: Pick<Prompt, 'locale'>) => LocaleMeasures;
