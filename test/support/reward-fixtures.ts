import { join } from 'node:path';
import type { LocaleProfile } from '../../core/domain/locale.js';
import type { AnswerPair } from '../../core/domain/preference.js';
import type { Prompt } from '../../core/domain/prompt.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { PairVerdict } from '../../core/domain/verdict.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import { evaluators } from '../../reward/judge/evaluators/registry.js';
import { loadRubric } from '../../reward/rubric/load-rubric.js';
import { arabic, korean } from './small-locales.js';

/** One of the rubrics that come with Majlis, loaded against the small test profiles. */
export async function shippedRubric(id: string): Promise<Rubric> {
  const path = join(packageRoot, 'reward', 'rubrics', `${id}.yaml`);
  return loadRubric(path, { evaluators, profiles: [arabic, korean] });
}

export function promptOf(profile: LocaleProfile, text: string, id = 'prompt'): Prompt {
  return { id, locale: profile.locale, text };
}

export function pairOf(prompt: Prompt, first: string, second: string): AnswerPair {
  return { id: `${prompt.id}:${first}|${second}`, prompt, first, second };
}

/** A rubric of no content, for code that only carries its hash. */
export const emptyRubric: Rubric = {
  id: 'empty',
  version: '1.0.0',
  title: 'Nothing asked',
  status: 'active',
  locale: 'ar',
  criteria: [],
  floor: -1,
  hash: 'empty-rubric',
};

/** The probability in a scored verdict; a test that meets another outcome fails. */
export function probabilityIn(verdict: PairVerdict): number {
  if (verdict.outcome.kind !== 'scored') throw new Error(`expected a score, found ${verdict.outcome.kind}`);
  return verdict.outcome.score.probabilityFirst;
}
