import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import { count, flag, identifier, message } from '../../core/rpc/message-fields.js';
import { parseMessage } from '../../core/rpc/parse-message.js';
import type { RollbackRequest, RubricRequest, RunRequest } from '../control/run-control.js';

/** Requests of CoordinatorService, checked on arrival; a bad one is a BadInputError that names message and field. */
const reason = z.string().exactOptional();

const rollbackTo = z.discriminatedUnion(
  '$case',
  [
    z
      .object({ $case: z.literal('policyVersion'), value: count })
      .transform(({ value }): RollbackRequest => ({ policyVersion: value })),
    z
      .object({ $case: z.literal('rubricHash'), value: identifier })
      .transform(({ value }): RollbackRequest => ({ rubricHash: value })),
    z
      .object({ $case: z.literal('previousRubric'), value: message({}) })
      .transform((): RollbackRequest => 'previous_rubric'),
  ],
  { error: 'one of policy_version, rubric_hash, previous_rubric' },
);

/** The readers of all requests. */
export const controlRequests = {
  createRun: reader(
    'CreateRunRequest',
    message({
      run: identifier.exactOptional(),
      runFile: identifier,
      source: identifier,
      seed: count.exactOptional(),
    }),
  ),
  getRun: reader('GetRunRequest', message({ run: identifier })),
  listRuns: reader('ListRunsRequest', message({ withProgress: flag })),
  watchRun: reader('WatchRunRequest', message({ run: identifier, afterSequence: count })),
  pauseRun: reader('PauseRunRequest', message({ run: identifier, reason })),
  resumeRun: reader('ResumeRunRequest', message({ run: identifier })),
  cancelRun: reader('CancelRunRequest', message({ run: identifier, reason })),
  swapRubric: reader(
    'SwapRubricRequest',
    message({ run: identifier, rubric: identifier, iteration: count.exactOptional() }),
  ),
  shadowRubric: reader(
    'ShadowRubricRequest',
    message({ run: identifier, rubric: identifier, iteration: count.exactOptional() }),
  ),
  stopShadow: reader('StopShadowRequest', message({ run: identifier })),
  rollBackRun: reader('RollBackRunRequest', message({ run: identifier, to: rollbackTo })),
} as const;

function reader<Schema extends z.ZodType>(name: string, schema: Schema) {
  return (request: unknown): z.output<Schema> => parseMessage(schema, request, `message majlis.v1.${name}`);
}

/** Domain to wire. */
export function createRunToMessage({ run, runFile, source, seed }: RunRequest): wire.CreateRunRequest {
  return { run, runFile, source, seed };
}

/** Domain to wire. */
export function rubricRequestToMessage(
  run: string,
  { rubric, iteration }: RubricRequest,
): wire.SwapRubricRequest & wire.ShadowRubricRequest {
  return { run, rubric, iteration };
}

/** Domain to wire. */
export function rollBackToMessage(run: string, to: RollbackRequest): wire.RollBackRunRequest {
  if (to === 'previous_rubric') return { run, to: { $case: 'previousRubric', value: {} } };
  return 'policyVersion' in to
    ? { run, to: { $case: 'policyVersion', value: to.policyVersion } }
    : { run, to: { $case: 'rubricHash', value: to.rubricHash } };
}
