import { z } from 'zod';
import type { CheckpointManifest } from '../domain/checkpoint.js';
import type { PolicyVersion } from '../domain/policy.js';
import type { AnswerPair } from '../domain/preference.js';
import type { ControlEvent, RunEventPayload } from '../domain/run.js';
import { RUN_TRANSITIONS } from '../domain/run-state.js';
import type { RunState } from '../domain/run-state.js';
import type { ScoreDifference } from '../domain/shadow.js';

/** The shapes of what the ledger stores as JSON, and of the columns that hold one of a few words. */

const iteration = z.number().exactOptional();
const reason = z.string().exactOptional();

export const runState: z.ZodType<RunState> = z.custom<RunState>(
  (value) => typeof value === 'string' && Object.hasOwn(RUN_TRANSITIONS, value),
  { message: 'not a state of a run' },
);

/** A metric that is no finite number is stored by its name, which JSON can hold. */
export const storedMetrics: z.ZodType<Record<string, number>> = z.record(
  z.string(),
  z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]),
);

export const answerPair: z.ZodType<AnswerPair> = z.object({
  id: z.string(),
  prompt: z.object({
    id: z.string(),
    locale: z.string(),
    text: z.string(),
    category: z.string().exactOptional(),
  }),
  first: z.string(),
  second: z.string(),
});

export const controlEvent: z.ZodType<ControlEvent> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pause'), iteration, reason }),
  z.object({ kind: z.literal('resume'), iteration }),
  z.object({ kind: z.literal('cancel'), iteration, reason }),
  z.object({ kind: z.literal('swap_rubric'), iteration, rubricHash: z.string() }),
  z.object({
    kind: z.literal('roll_back'),
    iteration,
    to: z.union([z.strictObject({ policyVersion: z.number() }), z.strictObject({ rubricHash: z.string() })]),
  }),
  z.object({ kind: z.literal('shadow_rubric'), iteration, rubricHash: z.string() }),
  z.object({ kind: z.literal('stop_shadow'), iteration, rubricHash: z.string(), reason }),
]);

const recordedControl = z.object({
  sequence: z.number(),
  event: controlEvent,
  effectiveAt: z.number().exactOptional(),
});

const scoreDifference: z.ZodType<ScoreDifference> = z.object({
  taskId: z.string(),
  index: z.number(),
  promptId: z.string(),
  prompt: z.string(),
  answer: z.string(),
  active: z.number(),
  shadow: z.number(),
});

export const runEventPayload: z.ZodType<RunEventPayload> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('state_changed'), state: runState, reason }),
  z.object({ kind: z.literal('epoch_began'), epoch: z.number() }),
  z.object({ kind: z.literal('control_requested'), control: recordedControl }),
  z.object({ kind: z.literal('control_took_effect'), control: recordedControl }),
  z.object({
    kind: z.literal('iteration_finished'),
    iteration: z.number(),
    policyVersion: z.number(),
    policyHash: z.string(),
    rubricHash: z.string(),
    metrics: storedMetrics,
  }),
  z.object({
    kind: z.literal('shadow_scored'),
    iteration: z.number(),
    rubricId: z.string(),
    rubricHash: z.string(),
    rewardModelHash: z.string(),
    metrics: storedMetrics,
    differences: z.array(scoreDifference),
  }),
  z.object({ kind: z.literal('alarm'), alarm: z.string(), message: z.string() }),
]);

const policyVersion: z.ZodType<PolicyVersion> = z.object({
  version: z.number(),
  hash: z.string(),
  location: z.string(),
});

const savedModel = z.object({ directory: z.string(), sha256: z.string(), step: z.number() });

export const checkpointManifest: z.ZodType<CheckpointManifest> = z.object({
  iteration: z.number(),
  policyVersion,
  rubricHash: z.string(),
  shadowRubricHash: z.string().exactOptional(),
  klController: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('fixed'), coef: z.number() }),
    z.object({ kind: z.literal('adaptive'), coef: z.number(), target: z.number(), horizon: z.number() }),
  ]),
  policyHeldUntil: z.number(),
  rngSeed: z.number(),
  policy: savedModel,
  critic: savedModel.exactOptional(),
});
