import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import { contentHash } from '../../core/runtime/content-hash.js';

/** sha256 of what a verdict on a criterion depends on; see `Criterion.hash`. */
export function criterionHash(criterion: Omit<Criterion, 'hash'>): string {
  const { kind, scale, levels, evaluator, parameters, description } = criterion;
  const { localDescription, appliesWhen, veto, contested } = criterion;
  return contentHash({
    ...{ kind, scale, levels, evaluator, parameters, description },
    ...{ localDescription, appliesWhen, veto, contested },
  });
}

/** sha256 of a rubric's content; see `Rubric.hash`. Who wrote and read it, and where it stands, is no content. */
export function rubricHash(rubric: Omit<Rubric, 'hash'>): string {
  const { id, version, title, locale, parent, audience, composite, floor } = rubric;
  const criteria = rubric.criteria.map((criterion) => ({ ...criterion, hash: undefined }));
  return contentHash({ id, version, title, locale, parent, audience, criteria, composite, floor });
}
