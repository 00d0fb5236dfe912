/**
 * The judge gateway: the one place that asks judges who cost money. A question that was answered is answered from the
 * store; equal questions in flight are asked once. Invariants: a verdict is durable in the store before anybody is told
 * of it, and a failure of a judge is told as that and never kept.
 */
import { MajlisError } from '../../core/errors.js';
import type { Outcome, PairScore, PairVerdict } from '../../core/domain/verdict.js';
import type {
  JudgementStore,
  KeptOutcome,
  Spend,
  SpendFilter,
} from '../../core/judgements/judgement-store.js';
import type { Clock } from '../../core/runtime/clock.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { Judge, JudgeRequest } from '../judge/judge.js';
import { verdictOf } from '../judge/verdict-of.js';
import { Coalesced } from './coalesced.js';
import type { Endpoint, EndpointStatus } from './endpoint.js';
import { UNWATCHED, type GatewayObserver } from './gateway-observer.js';
import { judgementKey } from './judgement-key.js';
import type { PaidChat } from './paid-chat.js';
import { Waiting } from './waiting.js';

/** A judge that the gateway serves. */
export interface ServedJudge {
  readonly judge: Judge;
  /** What the judge was built over. */
  readonly chat: PaidChat;
  /** Longest wait for a verdict, with everything: limits, retries, broken endpoints. */
  readonly deadlineMs: number;
}

/** A question to the gateway. */
export interface GatewayQuestion {
  readonly judgeId: string;
  /** Whose budget pays. */
  readonly run: string;
  readonly request: JudgeRequest;
  /** Shorter than the judge's own, where given. */
  readonly deadlineMs?: number;
}

/** `cache`: it had been answered before; `shared`: somebody else was asking it; `judge`: it was asked for this. */
export interface GatewayAnswer {
  readonly verdict: PairVerdict;
  readonly source: 'cache' | 'shared' | 'judge';
}

export interface JudgeGatewayOptions {
  readonly judges: readonly ServedJudge[];
  /** What the judges are asked by. */
  readonly endpoints: readonly Endpoint[];
  readonly store: JudgementStore;
  readonly clock: Clock;
  /** All that a run may spend, ever; undefined where nothing limits it. */
  budgetMicros(run: string): number | undefined;
  readonly observer?: GatewayObserver;
  /** Each question is a span, which the calls that it costs belong to; those that others ask of a judge at the same time to theirs. */
  readonly tracer?: Tracer;
}

/** What a gateway is doing now. */
export interface GatewayStatus {
  /** Questions that wait for their verdict, equal ones each for itself. */
  readonly questions: number;
  readonly endpoints: readonly EndpointStatus[];
}

/** What a run that has spent something may still spend, in millionths of the currency. */
export interface BudgetLeft {
  readonly run: string;
  readonly leftMicros: number;
}

interface Answered {
  readonly outcome: Outcome<PairScore>;
  readonly isKept: boolean;
}

export class JudgeGateway {
  private readonly judges: ReadonlyMap<string, ServedJudge>;
  private readonly inFlight = new Coalesced<Answered>();
  /** Askers who wait. */
  private readonly waiting = new Set<Waiting>();
  private draining = false;
  private questions = 0;

  constructor(private readonly options: JudgeGatewayOptions) {
    this.judges = new Map(options.judges.map((served) => [served.judge.id, served]));
  }

  /**
   * The verdict on a question. A judge that cannot answer in time, within its limits or within the budget is
   * `judge_failed` with the reason. Throws `not_found` for a judge that it does not serve, `unavailable` while it
   * drains, `cancelled` when the caller gives up, and what the store throws.
   */
  async judge(question: GatewayQuestion, signal?: AbortSignal): Promise<GatewayAnswer> {
    const { clock, observer = UNWATCHED } = this.options;
    const beganMs = clock.monotonic();
    this.questions += 1;
    try {
      const answer = await this.askTraced(question, signal);
      const { source, verdict } = answer;
      const tookMs = clock.monotonic() - beganMs;
      observer.onVerdict({ judge: question.judgeId, source, outcome: verdict.outcome.kind, tookMs });
      return answer;
    } finally {
      this.questions -= 1;
    }
  }

  private askTraced(question: GatewayQuestion, signal?: AbortSignal): Promise<GatewayAnswer> {
    const { tracer = NO_TRACING } = this.options;
    if (tracer === NO_TRACING) return this.ask(question, signal);
    const attributes = {
      [SPAN_ATTRIBUTES.judge]: question.judgeId,
      [SPAN_ATTRIBUTES.run]: question.run,
      [SPAN_ATTRIBUTES.rubricHash]: question.request.rubric.hash,
    };
    return tracer.span('judge', { attributes }, async (span) => {
      const answer = await this.ask(question, signal);
      const { kind } = answer.verdict.outcome;
      span.set({ [SPAN_ATTRIBUTES.verdictSource]: answer.source, [SPAN_ATTRIBUTES.outcome]: kind });
      if (kind === 'judge_failed' || kind === 'unparseable') span.fail(kind);
      return answer;
    });
  }

  private async ask(question: GatewayQuestion, signal?: AbortSignal): Promise<GatewayAnswer> {
    const served = this.find(question.judgeId);
    const { judge } = served;
    const { request } = question;
    const waiting = new Waiting(signal);
    const deadlineMs = Math.min(question.deadlineMs ?? Infinity, served.deadlineMs);
    const cancel = this.options.clock.alarm(deadlineMs, () => waiting.end('deadline'));
    this.waiting.add(waiting);
    try {
      const key = judgementKey(judge, request);
      const work = (abandoned: AbortSignal): Promise<Answered> =>
        this.answer(key, served, { ...question, abandoned });
      const { value, isShared } = await this.inFlight.join(key, work, waiting.ended);
      const source = value.isKept ? 'cache' : isShared ? 'shared' : 'judge';
      return { verdict: verdictOf(judge.id, request, value.outcome), source };
    } catch (thrown) {
      if (waiting.endedBy === 'stop') throw drains(thrown);
      if (waiting.endedBy !== 'deadline') throw thrown;
      const reason = `no verdict within ${deadlineMs} ms`;
      const outcome = { kind: 'judge_failed', reason, retryable: true } as const;
      return { verdict: verdictOf(judge.id, request, outcome), source: 'judge' };
    } finally {
      cancel();
      waiting.leave();
      this.waiting.delete(waiting);
    }
  }

  /** What judges cost, by run, judge and rubric. */
  spend(filter: SpendFilter): Promise<readonly Spend[]> {
    return this.options.store.spend(filter);
  }

  status(): GatewayStatus {
    const { questions } = this;
    return { questions, endpoints: this.options.endpoints.map(({ status }) => status) };
  }

  /** Of every run with a budget that has ended a call; calls under way are not taken off yet. */
  async budgetsLeft(): Promise<readonly BudgetLeft[]> {
    const spent = new Map<string, number>();
    for (const { run, costMicros } of await this.spend({})) {
      spent.set(run, (spent.get(run) ?? 0) + costMicros);
    }
    return [...spent].flatMap(([run, micros]) => {
      const budget = this.options.budgetMicros(run);
      return budget === undefined ? [] : [{ run, leftMicros: budget - micros }];
    });
  }

  /** The judges that it serves. */
  served(): readonly Judge[] {
    return [...this.judges.values()].map(({ judge }) => judge);
  }

  /** Takes no more questions, lets those that it has finish for so long, then gives up the rest. */
  async drain(graceMs: number): Promise<void> {
    this.draining = true;
    const cancel = this.options.clock.alarm(graceMs, () => {
      for (const waiting of this.waiting) waiting.end('stop');
    });
    await this.inFlight.idle().finally(cancel);
  }

  private find(id: string): ServedJudge {
    if (this.draining) throw drains();
    const found = this.judges.get(id);
    if (found !== undefined) return found;
    const known = [...this.judges.keys()].join(', ');
    throw new MajlisError(`no judge ${JSON.stringify(id)} is served here; there are ${known}`, {
      code: 'not_found',
    });
  }

  private async answer(
    key: string,
    served: ServedJudge,
    { run, request, abandoned }: GatewayQuestion & { readonly abandoned: AbortSignal },
  ): Promise<Answered> {
    const { store } = this.options;
    const kept = await store.find(key);
    if (kept !== undefined) return { outcome: kept, isKept: true };
    const budgetMicros = this.options.budgetMicros(run);
    const rubricHash = request.rubric.hash;
    const purpose = {
      ...{ run, judge: served.judge.id, rubricHash, abandoned },
      ...(budgetMicros === undefined ? {} : { budgetMicros }),
    };
    const { outcome } = await served.chat.during(purpose, () => served.judge.judge(request, abandoned));
    if (isKeepable(outcome)) {
      await store.keep({ key, judge: served.judge.id, rubricHash, outcome });
    }
    return { outcome, isKept: false };
  }
}

function isKeepable(outcome: Outcome<PairScore>): outcome is KeptOutcome {
  return outcome.kind === 'scored' || outcome.kind === 'abstained' || outcome.kind === 'policy_malformed';
}

function drains(cause?: unknown): MajlisError {
  return new MajlisError('the gateway is stopping; ask again when it is back', {
    code: 'unavailable',
    cause,
  });
}
