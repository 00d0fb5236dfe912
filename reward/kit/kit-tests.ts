import type { KitTest } from './kit-test.js';
import { accuracy } from './tests/accuracy.js';
import { bestOfN } from './tests/best-of-n.js';
import { languageMix, registerDegradation } from './tests/degradation.js';
import { groupFloors } from './tests/group-floors.js';
import { lengthSlope } from './tests/length-slope.js';
import { mentionStuffing } from './tests/mention-stuffing.js';
import { nameInvariance } from './tests/name-invariance.js';
import { rubricSwap } from './tests/rubric-swap.js';
import { translation } from './tests/translation.js';
import { yesNo } from './tests/yes-no.js';

/** Every test of a culture kit, in the order that reports have. */
export const kitTests: readonly KitTest[] = [
  accuracy,
  rubricSwap,
  nameInvariance,
  mentionStuffing,
  registerDegradation,
  languageMix,
  translation,
  lengthSlope,
  yesNo,
  groupFloors,
  bestOfN,
];
