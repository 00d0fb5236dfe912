import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { RetryPolicy } from 'cockatiel';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import { refuseLongPair } from '../judge/answer-limits.js';
import type { Judge, JudgeRequest } from '../judge/judge.js';
import { verdictOf } from '../judge/verdict-of.js';
import { GatewayClient } from './gateway-client.js';
import type { GatewayAddress } from './gateway-client.js';

export interface GatewayJudgeOptions extends GatewayAddress {
  readonly judgeId: string;
  /** Whose budget pays. */
  readonly run: string;
  readonly clock: Clock;
  /** Longest wait for one verdict, restarts of the gateway included; 5 minutes by default. */
  readonly deadlineMs?: number;
  /** How often a gateway that is not there is asked again; 8 by default. */
  readonly retries?: number;
}

const DEADLINE_MS = 300_000;
const RETRIES = 8;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** The gateway says itself that a deadline has passed; the call's own is for a gateway that says nothing. */
const SLACK_MS = 2000;

/** A judge that another process asks. It closes nothing it was not given: `close` ends its own connection. */
export interface GatewayJudge extends Judge {
  close(): void;
}

/**
 * Connects to a gateway and finds the judge there. A gateway that cannot be reached when asked is a judge that failed; one
 * that does not know the judge, the token or the rubric throws, since asking again would not help.
 */
export async function connectGatewayJudge(options: GatewayJudgeOptions): Promise<GatewayJudge> {
  const { judgeId, run, clock, deadlineMs = DEADLINE_MS } = options;
  const client = new GatewayClient(options, clock);
  const policy = retry(handleWhen(isTransient), {
    maxAttempts: options.retries ?? RETRIES,
    backoff: new ExponentialBackoff({ initialDelay: FIRST_DELAY_MS, maxDelay: LONGEST_DELAY_MS }),
  });
  const described = await describe(client, judgeId, policy);
  return {
    ...described,
    kind: 'language_model',
    judge: async (request: JudgeRequest, signal) => {
      // Asked to read it, the gateway would refuse the message for its size, and nobody could tell why.
      const refused = refuseLongPair(request.pair);
      if (refused !== undefined) return verdictOf(judgeId, request, refused);
      const question = { judgeId, run, request, deadlineMs };
      try {
        const ask = () => client.judge(question, deadlineMs + SLACK_MS, signal);
        return (await policy.execute(ask, signal)).verdict;
      } catch (thrown) {
        const error = MajlisError.from(thrown);
        if (!error.isRetryable) throw error;
        return verdictOf(judgeId, request, { kind: 'judge_failed', reason: error.message, retryable: true });
      }
    },
    close: () => client.close(),
  };
}

/** Its process is not there, or starts again; a deadline that has passed is not asked anew. */
function isTransient(thrown: unknown): boolean {
  const { code } = MajlisError.from(thrown);
  return code === 'unavailable' || code === 'aborted';
}

async function describe(
  client: GatewayClient,
  judgeId: string,
  policy: RetryPolicy,
): Promise<Omit<Judge, 'kind' | 'judge'>> {
  try {
    const judges = await policy.execute(() => client.judges());
    const found = judges.find(({ id }) => id === judgeId);
    if (found !== undefined) return found;
    const known = judges.map(({ id }) => id).join(', ');
    throw new MajlisError(`the gateway serves no judge ${JSON.stringify(judgeId)}; it serves ${known}`, {
      code: 'not_found',
    });
  } catch (thrown) {
    client.close();
    throw thrown;
  }
}
