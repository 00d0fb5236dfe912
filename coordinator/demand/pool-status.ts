import type { Bus } from '../../core/bus/bus.js';
import { rolloutQueueNames } from '../../core/bus/subjects.js';
import type { PoolQueues, PoolStatus } from '../../core/domain/pool-status.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { RunDemand } from './run-demand.js';

export interface PoolSources {
  readonly bus: Pick<Bus, 'status'>;
  readonly ledger: Pick<Ledger, 'outstandingTasks'>;
  readonly demand: RunDemand;
}

/** Where the work of every pool stands now, by name. A bus that cannot be reached is `unavailable`. */
export async function poolStatuses(sources: PoolSources): Promise<readonly PoolStatus[]> {
  return Promise.all(sources.demand.pools.map((pool) => statusOf(pool, sources)));
}

async function statusOf(pool: string, { bus, ledger, demand }: PoolSources): Promise<PoolStatus> {
  const runs = demand.working.filter((work) => work.pool === pool);
  const outstanding = await Promise.all(runs.map(({ run }) => ledger.outstandingTasks(run)));
  return {
    pool,
    demand: await demand.demandOf(pool),
    outstanding: outstanding.reduce((sum, tasks) => sum + tasks.length, 0),
    // Without a run there may be no queue yet.
    ...(runs.length === 0 ? {} : { queues: await queuesOf(pool, bus) }),
  };
}

async function queuesOf(pool: string, bus: PoolSources['bus']): Promise<PoolQueues> {
  const names = rolloutQueueNames(pool);
  const [tasks, results] = await Promise.all([bus.status(names.tasks), bus.status(names.results)]);
  return {
    tasksPending: tasks.pending,
    tasksLeased: tasks.leased,
    resultsPending: results.pending,
    deadLetters: tasks.lastDeadLetter + results.lastDeadLetter,
  };
}
