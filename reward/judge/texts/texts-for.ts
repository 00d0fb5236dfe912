import type { Locale } from '../../../core/domain/prompt.js';
import { arabic } from './arabic.js';
import { english } from './english.js';
import { japanese } from './japanese.js';
import type { JudgeTexts } from './judge-texts.js';
import { korean } from './korean.js';

const ALL: readonly JudgeTexts[] = [arabic, english, japanese, korean];

/** The judge's prompt in the language of a locale; undefined where there is none in it. */
export function textsFor(locale: Locale): JudgeTexts | undefined {
  const language = locale.toLowerCase().split('-')[0];
  return ALL.find((texts) => texts.language === language);
}
