import type { LocaleProfile } from '../../core/domain/locale.js';
import { findEntities } from '../../core/domain/entity-mention.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import { proportionInterval } from '../../core/math/proportion-interval.js';

export interface EntityFigures {
  /** Among answers whose first entity is in the unseen half: the share whose entity is local. Absent where none is. */
  readonly localEntityShare?: IntervalEstimate;
  /** Share of answers whose first entity is in the unseen half: a share that rises while this falls is fixation. */
  readonly unseenMentionRate: IntervalEstimate;
}

const LEVEL = 0.95;

/** An answer, and the profile of its prompt's locale. */
export interface ProfiledAnswer {
  readonly text: string;
  readonly profile: LocaleProfile;
}

/** Entity figures of one sample per held-out prompt, with Wilson intervals. */
export function entityFigures(answers: readonly ProfiledAnswer[]): EntityFigures {
  const unseen = answers.flatMap(({ text, profile }) => {
    const first = findEntities(text, profile)[0]?.entry;
    return first?.half === 'unseen' ? [first] : [];
  });
  const local = unseen.filter(({ origin }) => origin === 'local').length;
  const unseenMentionRate = proportionInterval(unseen.length, answers.length, LEVEL);
  if (unseen.length === 0) return { unseenMentionRate };
  return { localEntityShare: proportionInterval(local, unseen.length, LEVEL), unseenMentionRate };
}
