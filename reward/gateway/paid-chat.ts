/**
 * A judge's chat client that may be called by everybody at once: every call goes by a working route, within its
 * endpoint's limits, against its run's budget, and again where trying again may help. Invariant: a call is entered in the
 * store with the most it may cost before it is sent, and ended there before its reply is used.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ExponentialBackoff, handleWhenResult, retry } from 'cockatiel';
import type { RetryPolicy } from 'cockatiel';
import { MajlisError } from '../../core/errors.js';
import type { JudgementStore } from '../../core/judgements/judgement-store.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { ChatCall, ChatClient, ChatReply, ChatUsage } from '../judge/chat-call.js';
import { settle } from './call-settlement.js';
import type { EndpointResult, Sent } from './endpoint.js';
import { UNWATCHED, type GatewayObserver } from './gateway-observer.js';
import { callCost, formatMicros } from './money.js';
import { mostTokens } from './most-tokens.js';
import { chooseRoute } from './route.js';
import type { Route } from './route.js';

export interface RetryOptions {
  /** Tries in all, the first among them. */
  readonly attempts: number;
  /** Jitter makes each delay a random one around twice the last. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

export interface PaidChatOptions {
  /** At least one, the preferred first. */
  readonly routes: readonly Route[];
  readonly store: Pick<JudgementStore, 'enterCall' | 'endCall'>;
  readonly clock: Clock;
  readonly retry: RetryOptions;
  /** Bounds the reply, and so its cost, of a call that names no bound. */
  readonly maxCompletionTokens: number;
  readonly observer?: GatewayObserver;
}

/** On whose behalf calls are made. */
export interface CallPurpose {
  readonly run: string;
  readonly judge: string;
  readonly rubricHash: string;
  readonly budgetMicros?: number;
  /** Fires when nobody wants the verdict any more: what waits is given up, what was sent is waited for. */
  readonly abandoned: AbortSignal;
}

type BoundedCall = ChatCall & { readonly maxTokens: number };
type TryResult = EndpointResult<ChatReply> & { readonly refusal?: ChatReply };

/**
 * The client that a judge is built over, once; each of its calls belongs to the work that made it. Refusals by budget and
 * limits are failed replies that say why; only abandonment throws (`cancelled`), and the store.
 */
export class PaidChat implements ChatClient {
  private readonly purposes = new AsyncLocalStorage<CallPurpose>();
  private readonly policy: RetryPolicy;

  constructor(private readonly options: PaidChatOptions) {
    const { attempts, firstDelayMs, longestDelayMs } = options.retry;
    this.policy = retry(handleWhenResult(mayHelpAgain), {
      maxAttempts: attempts - 1,
      backoff: new ExponentialBackoff({ initialDelay: firstDelayMs, maxDelay: longestDelayMs }),
    });
  }

  /** Does work whose calls serve that purpose. */
  during<Value>(purpose: CallPurpose, work: () => Promise<Value>): Promise<Value> {
    return this.purposes.run(purpose, work);
  }

  complete(call: ChatCall): Promise<ChatReply> {
    const purpose = this.purposes.getStore();
    if (purpose === undefined) {
      return Promise.reject(new MajlisError('a call that nobody pays for is not made', { code: 'internal' }));
    }
    const bounded = { ...call, maxTokens: call.maxTokens ?? this.options.maxCompletionTokens };
    return this.policy.execute(({ attempt: earlier }) => {
      if (earlier > 0) this.options.observer?.onRetry(purpose.judge);
      return attempt(bounded, this.options, purpose);
    }, purpose.abandoned);
  }
}

function mayHelpAgain(reply: unknown): boolean {
  const { kind, retryable } = reply as { readonly kind: string; readonly retryable?: boolean };
  return kind === 'failed' && retryable === true;
}

/** Until one route takes the call: a breaker that opens meanwhile costs no attempt. */
async function attempt(
  call: BoundedCall,
  options: PaidChatOptions,
  purpose: CallPurpose,
): Promise<ChatReply> {
  const most = mostTokens(call);
  const tokens = most.promptTokens + most.completionTokens;
  const beganMs = options.clock.monotonic();
  const fitting = options.routes.filter(({ endpoint }) => endpoint.fits(tokens));
  if (fitting.length === 0) return tooLarge(tokens);
  for (;;) {
    const waiting = { clock: options.clock, signal: purpose.abandoned };
    const route = await chooseRoute(fitting, tokens, waiting);
    const result = await tryRoute(route, { call, most, beganMs }, { options, purpose });
    if (result.refusal !== undefined) return result.refusal;
    if (result.kind === 'sent') return result.reply;
  }
}

interface Attempt {
  readonly call: BoundedCall;
  readonly most: ChatUsage;
  /** When it began to wait, on the monotonic clock. */
  readonly beganMs: number;
}

async function tryRoute(
  route: Route,
  { call, most, beganMs }: Attempt,
  { options, purpose }: { readonly options: PaidChatOptions; readonly purpose: CallPurpose },
): Promise<TryResult> {
  let refusal: ChatReply | undefined;
  const mostTokens = most.promptTokens + most.completionTokens;
  const send = async (): Promise<Sent<ChatReply> | undefined> => {
    const { store, clock, observer = UNWATCHED } = options;
    const mostMicros = callCost(most, route.price);
    const { run, judge, rubricHash, budgetMicros } = purpose;
    const endpoint = route.endpoint.name;
    const entry = await store.enterCall({
      ...{ run, judge, rubricHash, endpoint, mostTokens, mostMicros },
      ...(budgetMicros === undefined ? {} : { budgetMicros }),
    });
    if (entry.kind === 'over_budget') {
      refusal = overBudget(purpose, mostMicros, entry.leftMicros);
      return undefined;
    }
    const sentMs = clock.monotonic();
    const reply = await route.client.complete(call);
    const tookMs = clock.monotonic() - sentMs;
    const { ending, usage, isOutage } = settle(reply, most);
    const costMicros = callCost(usage, route.price);
    await store.endCall({ call: entry.call, ending, ...usage, costMicros });
    observer.onCall({ run, judge, endpoint, reply, usage, costMicros, waitedMs: sentMs - beganMs, tookMs });
    const retryAfterMs = reply.kind === 'failed' ? reply.retryAfterMs : undefined;
    const tokens = usage.promptTokens + usage.completionTokens;
    return { reply, tokens, isOutage, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  };
  // Where it waits for others, it is they who let it go on, and yet it belongs to whoever made it.
  const result = await route.endpoint.send(mostTokens, purpose.abandoned, AsyncLocalStorage.bind(send));
  return refusal === undefined ? result : { ...result, refusal };
}

function overBudget({ run }: CallPurpose, mostMicros: number, leftMicros: number): ChatReply {
  const reason = `the budget of run ${run} has ${formatMicros(leftMicros)} left, and a call may cost ${formatMicros(mostMicros)}`;
  return { kind: 'failed', failure: { kind: 'withheld' }, reason, retryable: false };
}

function tooLarge(tokens: number): ChatReply {
  const reason = `a call may take ${tokens} tokens, and no endpoint of the judge takes as many at once`;
  return { kind: 'failed', failure: { kind: 'withheld' }, reason, retryable: false };
}
