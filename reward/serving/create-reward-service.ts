import { servingLocale } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { BadInputError, MajlisError, type ErrorCode } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { AnswerToReward } from '../model/reward-model.js';
import { CallerAllowances } from './caller-allowances.js';
import { OutcomeCache } from './outcome-cache.js';
import { outcomeKey } from './outcome-key.js';
import { RequestInWork } from './reward-in-work.js';
import type { RewardLimits } from './reward-limits.js';
import { UNWATCHED_REWARDS, type RewardObserver } from './reward-observer.js';
import { RewardQueue } from './reward-queue.js';
import type {
  PromptToScore,
  RewardContext,
  RewardReply,
  RewardRequest,
  RewardServiceStatus,
  RunningRewardService,
} from './reward-service.js';
import type { RewardLease, ServedReward, ServedRewards } from './served-rewards.js';
import { unreadableAnswer } from './unreadable-answer.js';

export interface RewardServiceOptions {
  readonly rewards: ServedRewards;
  readonly limits: RewardLimits;
  readonly clock: Clock;
  readonly observer?: RewardObserver;
}

/** A queue that is full says so; a model takes milliseconds, so a second is long. */
const QUEUE_RETRY_MS = 1000;

/** Nobody computed anything for it. What its client did not wait for, or what a model failed at, took the model's time. */
const REFUSED: ReadonlySet<ErrorCode> = new Set(['failed_precondition', 'resource_exhausted', 'unavailable']);

/** How a request was answered. */
interface Told {
  readonly reply: RewardReply;
  readonly answers: number;
  readonly cached: number;
}

/**
 * The reward service of one process, over the rewards that are loaded: each request is answered by the reward that it resolved
 * once, in model calls that requests share, from what is kept where it can be, within its caller's limits.
 */
export function createRewardService(options: RewardServiceOptions): RunningRewardService {
  return new BatchedRewardService({ observer: UNWATCHED_REWARDS, ...options });
}

class BatchedRewardService implements RunningRewardService {
  private readonly allowances: CallerAllowances;
  private readonly cache: OutcomeCache;
  private readonly queues = new WeakMap<ServedReward, RewardQueue>();
  private readonly awake = new Set<RewardQueue>();
  /** Requests that wait for a model. */
  private readonly running = new Set<RequestInWork>();
  private isDraining = false;
  private onIdle: () => void = () => undefined;

  constructor(private readonly options: Required<RewardServiceOptions>) {
    this.allowances = new CallerAllowances(options.limits, options.clock);
    this.cache = new OutcomeCache(options.limits.cacheBytes);
  }

  async score(request: RewardRequest, context: RewardContext): Promise<RewardReply> {
    const { clock, observer } = this.options;
    const { caller } = context;
    const beganMs = clock.monotonic();
    try {
      const { reply, answers, cached } = await this.serve(request, context);
      observer.onReply({ ...reply, caller, answers, cached, tookMs: clock.monotonic() - beganMs });
      return reply;
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      observer.onRefusal({ caller, code: error.code, tookMs: clock.monotonic() - beganMs });
      throw error;
    }
  }

  status(): RewardServiceStatus {
    return {
      requests: this.running.size,
      queuedAnswers: this.queuedAnswers(),
      cacheEntries: this.cache.entries,
      cacheBytes: this.cache.bytes,
    };
  }

  async drain(graceMs: number): Promise<void> {
    this.isDraining = true;
    if (this.running.size === 0) return;
    const cancel = this.options.clock.alarm(graceMs, () => {
      for (const request of this.running) request.fail(stopping());
    });
    await new Promise<void>((resolve) => (this.onIdle = resolve)).finally(cancel);
  }

  private async serve(request: RewardRequest, context: RewardContext): Promise<Told> {
    if (this.isDraining) throw stopping();
    context.signal?.throwIfAborted();
    const answers = this.countAnswers(request.items, context.caller);
    const lease = this.options.rewards.take(request.reward);
    try {
      const charge = this.allowances.charge(context.caller, answers);
      try {
        const told = await this.scoreBy(lease, { items: request.items, answers }, context);
        charge.end();
        return told;
      } catch (thrown) {
        if (REFUSED.has(MajlisError.from(thrown).code)) charge.takeBack();
        else charge.end();
        throw thrown;
      }
    } finally {
      lease.giveBack();
    }
  }

  private async scoreBy(
    lease: RewardLease,
    { items, answers }: { readonly items: readonly PromptToScore[]; readonly answers: number },
    context: RewardContext,
  ): Promise<Told> {
    const { rubricHash, rewardModelHash } = lease;
    const work = new RequestInWork(answers);
    const queue = this.queueOf(lease.reward);
    const prompts = items.map((item, at) => promptOf(item, at, lease));
    const cached = this.begin(work, { lease, queue, items, prompts });
    if (!work.isOver) await this.finish(work, queue, context);
    return { reply: { rubricHash, rewardModelHash, outcomes: regroup(items, work) }, answers, cached };
  }

  /** Answers what needs no model, and queues the rest; how many were answered from what was kept. */
  private begin(
    work: RequestInWork,
    {
      lease,
      queue,
      items,
      prompts,
    }: {
      readonly lease: RewardLease;
      readonly queue: RewardQueue;
      readonly items: readonly PromptToScore[];
      readonly prompts: readonly Prompt[];
    },
  ): number {
    let [place, cached, isQueued] = [0, 0, false];
    for (const [at, { answers, promptTokenIds }] of items.entries()) {
      const prompt = prompts[at];
      for (const { text, tokenIds } of answers) {
        const answer: AnswerToReward =
          tokenIds === undefined
            ? { prompt, answer: text }
            : { prompt, answer: text, tokenIds: [...(promptTokenIds ?? []), ...tokenIds] };
        const unreadable = unreadableAnswer(prompt.text, text);
        const isKept = this.cache.isOn && unreadable === undefined;
        const key = isKept ? outcomeKey(lease, answer) : undefined;
        const kept = key === undefined ? undefined : this.cache.find(key);
        const known = kept ?? unreadable;
        if (kept !== undefined) cached += 1;
        if (known === undefined && !isQueued) this.refuseWhenFull();
        if (known !== undefined) work.take(place, known);
        else queue.add({ answer, key, of: work, place });
        isQueued ||= known === undefined;
        place += 1;
      }
    }
    return cached;
  }

  private async finish(
    work: RequestInWork,
    queue: RewardQueue,
    { deadlineMs = Infinity, signal }: RewardContext,
  ): Promise<void> {
    const withinMs = Math.min(deadlineMs, this.options.limits.deadlineMs);
    const late = (): void => work.fail(tooLate(withinMs));
    const gone = (): void => work.fail(clientGone());
    const cancel = this.options.clock.alarm(withinMs, late);
    signal?.addEventListener('abort', gone, { once: true });
    this.running.add(work);
    try {
      await work.done;
    } catch (thrown) {
      queue.leave(work);
      throw thrown;
    } finally {
      cancel();
      signal?.removeEventListener('abort', gone);
      this.running.delete(work);
      if (this.running.size === 0) this.onIdle();
    }
  }

  private queueOf(reward: ServedReward): RewardQueue {
    const known = this.queues.get(reward);
    if (known !== undefined) return known;
    const { limits, clock, observer } = this.options;
    const { cache, awake } = this;
    const queue = new RewardQueue(reward, {
      ...{ cache, awake, clock, observer, answersPerCall: limits.answersPerCall },
    });
    this.queues.set(reward, queue);
    return queue;
  }

  private queuedAnswers(): number {
    let queued = 0;
    for (const { length } of this.awake) queued += length;
    return queued;
  }

  private refuseWhenFull(): void {
    const { queuedAnswers: most } = this.options.limits;
    const queued = this.queuedAnswers();
    if (queued < most) return;
    throw new MajlisError(`${queued} answers wait already, of at most ${most}; ask again later`, {
      code: 'resource_exhausted',
      retryAfterMs: QUEUE_RETRY_MS,
    });
  }

  private countAnswers(items: readonly PromptToScore[], caller: string): number {
    const { answersPerRequest } = this.options.limits;
    let answers = 0;
    for (const item of items) answers += item.answers.length;
    if (answers <= answersPerRequest) return answers;
    throw new BadInputError({
      source: `request of ${caller}`,
      found: `${answers} answers`,
      allowed: `at most ${answersPerRequest} in one request`,
    });
  }
}

/** A prompt in a locale that the reward was not measured in cannot be scaled: nobody is paid by another locale's scale. */
function promptOf(item: PromptToScore, at: number, { reward }: RewardLease): Prompt {
  const { locale = reward.locale, prompt: text, category } = item;
  const known = [...reward.normalizer.keys()];
  if (servingLocale(locale, known) === undefined) {
    const sentence = `Item ${at} is in ${JSON.stringify(locale)}, which reward model ${reward.model.hash} was not measured in: it serves ${known.join(', ')}.`;
    throw new MajlisError(sentence, { code: 'failed_precondition' });
  }
  const prompt = { id: String(at), locale, text };
  return category === undefined ? prompt : { ...prompt, category };
}

function regroup(items: readonly PromptToScore[], { outcomes }: RequestInWork): RewardReply['outcomes'] {
  if (items.length === 1) return [outcomes];
  let start = 0;
  return items.map(({ answers }) => {
    start += answers.length;
    return outcomes.slice(start - answers.length, start);
  });
}

function stopping(): MajlisError {
  return new MajlisError('the reward service is stopping; ask again when it is back', {
    code: 'unavailable',
  });
}

function tooLate(withinMs: number): MajlisError {
  return new MajlisError(`not scored within ${withinMs} ms`, { code: 'deadline_exceeded' });
}

function clientGone(): MajlisError {
  return new MajlisError('whoever asked waits no more', { code: 'cancelled' });
}
