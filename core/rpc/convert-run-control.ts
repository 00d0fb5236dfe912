import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import type { ControlEvent, RecordedControlEvent, RollbackTarget } from '../domain/run.js';
import { count, identifier, message, positiveCount } from './message-fields.js';

/** What was asked of a run. A control without a kind, and a kind that this build does not know, are refused. */
const reason = z.string().exactOptional();
const iteration = count.exactOptional();

const rollbackMessage = message({
  to: z.discriminatedUnion(
    '$case',
    [
      z
        .object({ $case: z.literal('policyVersion'), value: count })
        .transform(({ value }): RollbackTarget => ({ policyVersion: value })),
      z
        .object({ $case: z.literal('rubricHash'), value: identifier })
        .transform(({ value }): RollbackTarget => ({ rubricHash: value })),
    ],
    { error: 'one of policy_version, rubric_hash' },
  ),
});

const kindMessage = z.discriminatedUnion(
  '$case',
  [
    z
      .object({ $case: z.literal('pause'), value: message({ reason }) })
      .transform(({ value }) => ({ kind: 'pause' as const, ...value })),
    z
      .object({ $case: z.literal('resume'), value: message({}) })
      .transform(() => ({ kind: 'resume' as const })),
    z
      .object({ $case: z.literal('cancel'), value: message({ reason }) })
      .transform(({ value }) => ({ kind: 'cancel' as const, ...value })),
    z
      .object({ $case: z.literal('swapRubric'), value: message({ rubricHash: identifier }) })
      .transform(({ value }) => ({ kind: 'swap_rubric' as const, ...value })),
    z
      .object({ $case: z.literal('rollBack'), value: rollbackMessage })
      .transform(({ value }) => ({ kind: 'roll_back' as const, to: value.to })),
    z
      .object({ $case: z.literal('shadowRubric'), value: message({ rubricHash: identifier }) })
      .transform(({ value }) => ({ kind: 'shadow_rubric' as const, ...value })),
    z
      .object({ $case: z.literal('stopShadow'), value: message({ rubricHash: identifier, reason }) })
      .transform(({ value }) => ({ kind: 'stop_shadow' as const, ...value })),
  ],
  { error: 'one of pause, resume, cancel, swap_rubric, roll_back, shadow_rubric, stop_shadow' },
);

/** Schema of majlis.v1.RecordedControl. */
export const recordedControlMessage = message({
  sequence: positiveCount,
  control: message({ iteration, kind: kindMessage }).transform(({ kind, ...when }): ControlEvent => ({
    ...when,
    ...kind,
  })),
  effectiveAt: iteration,
}).transform(({ control, ...place }): RecordedControlEvent => ({ ...place, event: control }));

/** Domain to wire. */
export function recordedControlToMessage(recorded: RecordedControlEvent): wire.RecordedControl {
  const { sequence, event, effectiveAt } = recorded;
  return { sequence, control: { iteration: event.iteration, kind: kindToMessage(event) }, effectiveAt };
}

function kindToMessage(event: ControlEvent): wire.Control['kind'] {
  switch (event.kind) {
    case 'pause':
      return { $case: 'pause', value: { reason: event.reason } };
    case 'resume':
      return { $case: 'resume', value: {} };
    case 'cancel':
      return { $case: 'cancel', value: { reason: event.reason } };
    case 'swap_rubric':
      return { $case: 'swapRubric', value: { rubricHash: event.rubricHash } };
    case 'roll_back':
      return { $case: 'rollBack', value: { to: rollbackToMessage(event.to) } };
    case 'shadow_rubric':
      return { $case: 'shadowRubric', value: { rubricHash: event.rubricHash } };
    case 'stop_shadow':
      return { $case: 'stopShadow', value: { rubricHash: event.rubricHash, reason: event.reason } };
  }
}

function rollbackToMessage(to: RollbackTarget): wire.Rollback['to'] {
  return 'policyVersion' in to
    ? { $case: 'policyVersion', value: to.policyVersion }
    : { $case: 'rubricHash', value: to.rubricHash };
}
