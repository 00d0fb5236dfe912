import type { Bus, OutgoingMessage } from '../../core/bus/bus.js';
import { countForParcel, publishTogether } from '../../core/bus/parcel.js';
import type { RolloutTask } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';
import { encodeRolloutTask } from '../../core/rpc/rollout-codec.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import { taskTrace, taskTraceIds } from '../../core/telemetry/tracing/task-trace.js';
import type { TraceHeaders, Tracer } from '../../core/telemetry/tracing/tracer.js';

/** Publishes under way at a time. */
const TOGETHER = 128;

/**
 * Tasks on their way to the queue. What the queue has no room for, or cannot be told while the bus is unreachable, waits
 * here, in order, for the next flush. What was sent together is sent together again: by its dedupe id, what was stored without
 * an answer is not stored twice.
 */
export class TaskOutbox {
  private waiting: OutgoingMessage[] = [];
  /** Being sent, or sent without success. They go before those that wait. */
  private groups: (readonly OutgoingMessage[])[] = [];
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: Bus,
    private readonly queue: string,
    private readonly tracer: Tracer = NO_TRACING,
  ) {}

  /** Tasks that have not reached the queue. */
  get size(): number {
    return this.groups.reduce((sum, group) => sum + group.length, this.waiting.length);
  }

  add(task: RolloutTask, issue: number): void {
    const { id, run } = task;
    const headers = this.mark(task, issue);
    this.waiting.push({ run, dedupeId: `${id}/${issue}`, data: encodeRolloutTask(task), headers });
  }

  /** The first issue begins the task's trace, a later one joins it. */
  private mark({ id, run, iteration, policyVersion }: RolloutTask, issue: number): TraceHeaders {
    const attributes = {
      [SPAN_ATTRIBUTES.task]: id,
      [SPAN_ATTRIBUTES.run]: run,
      [SPAN_ATTRIBUTES.iteration]: iteration,
      [SPAN_ATTRIBUTES.issue]: issue,
      [SPAN_ATTRIBUTES.policyVersion]: policyVersion,
      [SPAN_ATTRIBUTES.messagingDestination]: this.queue,
    };
    const place = issue === 1 ? { ids: taskTraceIds(id) } : { parent: taskTrace(id) };
    return this.tracer.mark('issue task', { kind: 'producer', attributes, ...place });
  }

  /**
   * Publishes as far as the queue has room. Calls take turns, so that tasks keep their order; one that fails, fails for its
   * caller alone.
   */
  flush(): Promise<void> {
    const sent = this.sending.then(() => this.publish());
    this.sending = sent.catch(() => undefined);
    return sent;
  }

  clear(): void {
    this.waiting = [];
    this.groups = [];
  }

  private async publish(): Promise<void> {
    while (this.size > 0) {
      if (this.groups.length === 0 && !(await this.group())) return;
      const groups = [...this.groups];
      const outcomes = await Promise.allSettled(groups.map((group) => this.send(group)));
      const sent = new Set(groups.filter((_, at) => outcomes[at].status === 'fulfilled'));
      this.groups = this.groups.filter((group) => !sent.has(group));
      for (const outcome of outcomes) if (outcome.status === 'rejected') requirePassing(outcome.reason);
      if (sent.size < groups.length) return;
    }
  }

  /** Puts together what is sent next; false where the bus cannot say at the moment how many go together. */
  private async group(): Promise<boolean> {
    const parcelSize = await this.bus.parcelSize(this.queue).catch(requirePassing);
    if (parcelSize === undefined) return false;
    while (this.waiting.length > 0 && this.groups.length < TOGETHER) {
      this.groups.push(this.waiting.splice(0, countForParcel(this.waiting, parcelSize)));
    }
    return true;
  }

  /** As one parcel where there are several: its id is that of what it begins with, and how many they are. */
  private async send(group: readonly OutgoingMessage[]): Promise<void> {
    const [{ run, dedupeId: firstId }] = group;
    const dedupeId = group.length === 1 ? firstId : `${firstId}+${group.length - 1}`;
    await publishTogether(this.bus, this.queue, { run, dedupeId, parts: group });
  }
}

/** Throws what waiting does not mend. */
function requirePassing(thrown: unknown): void {
  const { code } = MajlisError.from(thrown);
  if (code !== 'resource_exhausted' && code !== 'unavailable') throw thrown;
}
