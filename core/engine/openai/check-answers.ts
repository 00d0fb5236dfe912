import { MajlisError } from '../../errors.js';
import type { FinishReason } from '../../domain/trajectory.js';
import type { GeneratedSequence } from '../engine.js';
import type { SampleRequest, ServedSample } from './generation-server.js';

/** Rounding of a log-probability that is 0 in truth. */
const ROUNDING = 1e-4;

/**
 * What a server answered, as sequences, once nothing speaks against it: as many as asked for, one log-probability per
 * token, and each ended by a stop token of the request or by its length. Anything else is `data_loss`; an answer that the
 * server cut off is `aborted`, and one that it ended by a rule of its own `failed_precondition`.
 */
export function checkAnswers(
  samples: readonly ServedSample[],
  request: SampleRequest,
  server: string,
): GeneratedSequence[] {
  if (samples.length !== request.samples) {
    throw garbled(
      server,
      `${String(samples.length)} answers where ${String(request.samples)} were asked for`,
    );
  }
  return samples.map((sample) => checkSample(sample, request, server));
}

function checkSample(
  { tokenIds, logProbs, finish }: ServedSample,
  { sampling }: SampleRequest,
  server: string,
): GeneratedSequence {
  if (finish === 'abort') {
    throw new MajlisError(`The engine at ${server} cut an answer off.`, { code: 'aborted' });
  }
  if (tokenIds.length === 0 || tokenIds.length > sampling.maxNewTokens) {
    throw garbled(
      server,
      `${String(tokenIds.length)} tokens where 1 to ${String(sampling.maxNewTokens)} may be`,
    );
  }
  if (logProbs.length !== tokenIds.length) {
    throw garbled(
      server,
      `${String(logProbs.length)} log-probabilities for ${String(tokenIds.length)} tokens`,
    );
  }
  const strange = logProbs.find((logProb) => !(logProb <= ROUNDING && Number.isFinite(logProb)));
  if (strange !== undefined) throw garbled(server, `a log-probability of ${String(strange)}`);
  return { tokenIds, logProbs, finish: endOf(tokenIds, { finish, sampling, server }) };
}

function endOf(
  tokenIds: readonly number[],
  {
    finish,
    sampling,
    server,
  }: Pick<ServedSample, 'finish'> & Pick<SampleRequest, 'sampling'> & { server: string },
): FinishReason {
  const at = tokenIds.findIndex((id) => sampling.stopTokenIds.includes(id));
  if (at >= 0 && at < tokenIds.length - 1) throw garbled(server, 'tokens after a stop token');
  if (at >= 0) return 'stop';
  if (tokenIds.length === sampling.maxNewTokens) return 'length';
  const last = String(tokenIds.at(-1));
  throw new MajlisError(
    `The engine at ${server} ended an answer after token ${last} (${finish}), which the run does not stop at: ` +
      'serve the model without stop tokens of its own.',
    { code: 'failed_precondition' },
  );
}

function garbled(server: string, what: string): MajlisError {
  return new MajlisError(`The engine at ${server} gave ${what}.`, { code: 'data_loss' });
}
