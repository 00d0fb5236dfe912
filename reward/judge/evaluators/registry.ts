import type { Evaluator } from '../evaluator.js';
import { courtesy } from './courtesy.js';
import { degenerate } from './degenerate.js';
import { enumeration } from './enumeration.js';
import { evaluatorAddress } from './evaluator-address.js';
import { functionWords } from './function-words.js';
import { lengthBand } from './length-band.js';
import { localCalendar } from './local-calendar.js';
import { localCurrency } from './local-currency.js';
import { localDigits } from './local-digits.js';
import { localEntity } from './local-entity.js';
import { register } from './register.js';
import { repetition } from './repetition.js';
import { scriptShare } from './script-share.js';
import { stuffing } from './stuffing.js';
import { taboo } from './taboo.js';

/** Every evaluator that a rubric may name, by name. */
export const evaluators: ReadonlyMap<string, Evaluator> = new Map(
  [
    courtesy,
    degenerate,
    enumeration,
    evaluatorAddress,
    functionWords,
    lengthBand,
    localCalendar,
    localCurrency,
    localDigits,
    localEntity,
    register,
    repetition,
    scriptShare,
    stuffing,
    taboo,
  ].map((evaluator) => [evaluator.name, evaluator]),
);
