import type { DatabaseCalls } from '../database/database-calls.js';
import type { Clock } from '../runtime/clock.js';
import type { JudgementOperations } from './judgement-operations.js';
import type {
  CallEnd,
  CallEntry,
  Judgement,
  JudgementStore,
  KeptOutcome,
  NewCall,
  RecentCall,
  Spend,
  SpendFilter,
} from './judgement-store.js';

/** The store's methods as calls, each with its time. */
export class JudgementClient implements JudgementStore {
  private constructor(
    private readonly calls: DatabaseCalls,
    private readonly clock: Clock,
  ) {}

  /** Takes over a store: what its last owner left under way is ended first, each call at its most. */
  static async open(calls: DatabaseCalls, clock: Clock): Promise<JudgementClient> {
    const client = new JudgementClient(calls, clock);
    await client.call('endLostCalls', clock.now());
    return client;
  }

  find(key: string): Promise<KeptOutcome | undefined> {
    return this.call('find', key);
  }

  keep(judgement: Judgement): Promise<void> {
    return this.call('keep', judgement, this.clock.now());
  }

  enterCall(call: NewCall): Promise<CallEntry> {
    return this.call('enterCall', call, this.clock.now());
  }

  endCall(end: CallEnd): Promise<void> {
    return this.call('endCall', end, this.clock.now());
  }

  callsSince(sinceMs: number): Promise<readonly RecentCall[]> {
    return this.call('callsSince', sinceMs);
  }

  spend(filter: SpendFilter): Promise<readonly Spend[]> {
    return this.call('spend', filter);
  }

  close(): Promise<void> {
    return this.calls.close();
  }

  private async call<Name extends keyof JudgementOperations>(
    operation: Name,
    ...values: Parameters<JudgementOperations[Name]>
  ): Promise<ReturnType<JudgementOperations[Name]>> {
    const value = await this.calls.call({ operation, values, atMs: this.clock.now() });
    return value as ReturnType<JudgementOperations[Name]>;
  }
}
