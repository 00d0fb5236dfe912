import type { Criterion } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';

/**
 * The score, in [0, 1], of an answer that stands on a level of a criterion. Levels lie evenly between their ends: (level −
 * lowest) / (highest − lowest). On a contested criterion no level is the right one: a level earns its share of readers
 * over the largest share, as BLEnD weighs an answer by its votes (Myung et al. 2024, SEM-W), so what half of the readers
 * hold earns as much as what the other half holds. A level that the criterion lacks is `invalid_argument`.
 */
export function levelScore({ key, levels, contested }: Criterion, level: number): number {
  const at = levels?.findIndex((known) => known.level === level) ?? -1;
  if (levels === undefined || at < 0) {
    throw new MajlisError(`criterion ${key} has no level ${level}`, { code: 'invalid_argument' });
  }
  if (contested !== undefined) return contested.target[at] / Math.max(...contested.target);
  const [lowest, highest] = [levels[0].level, levels[levels.length - 1].level];
  return (level - lowest) / (highest - lowest);
}
