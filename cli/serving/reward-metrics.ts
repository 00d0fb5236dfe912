import type { Outcome } from '../../core/domain/verdict.js';
import type { Reward } from '../../core/domain/reward.js';
import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import type { RewardHttpObserver } from '../../reward/http/reward-http-observer.js';
import type { RewardObserver } from '../../reward/serving/reward-observer.js';
import type { RewardServiceStatus } from '../../reward/serving/reward-service.js';
import type { KeptReward } from './rewards-keeper.js';

const MILLISECONDS = 1000;
const SHORT_HASH = 12;

/** What gauges ask of a server at each scrape. */
export interface RewardGauges {
  readonly status: () => RewardServiceStatus;
  readonly kept: () => readonly KeptReward[];
}

/**
 * Counts what a reward server is asked and answers. A rubric is told by its id where an alias names it, and by the first digits of
 * its hash after that.
 */
export function rewardMetricsObserver(metrics: ProcessRegistry, kept: RewardGauges['kept']): RewardObserver {
  const requests = metrics.counter('majlis_reward_requests_total');
  const requestSeconds = metrics.histogram('majlis_reward_request_duration_seconds');
  const told = metrics.counter('majlis_reward_answers_total');
  const cachedAnswers = metrics.counter('majlis_reward_cached_answers_total');
  const scores = metrics.histogram('majlis_reward_score');
  const callAnswers = metrics.histogram('majlis_reward_model_call_answers');
  const callSeconds = metrics.histogram('majlis_reward_model_call_duration_seconds');
  const nameOf = (hash: string): string =>
    kept().find(({ rubricHash }) => rubricHash === hash)?.rubricId ?? hash.slice(0, SHORT_HASH);
  return {
    onReply: ({ caller, rubricHash, cached, outcomes, tookMs }) => {
      const rubric = nameOf(rubricHash);
      requests.inc({ caller, outcome: 'ok' });
      requestSeconds.observe({ outcome: 'ok' }, tookMs / MILLISECONDS);
      if (cached > 0) cachedAnswers.inc({ rubric }, cached);
      for (const [outcome, count] of countKinds(outcomes)) told.inc({ rubric, outcome }, count);
      for (const group of outcomes) {
        for (const outcome of group) {
          if (outcome.kind === 'scored') scores.observe({ rubric }, outcome.score.normalized);
        }
      }
    },
    onRefusal: ({ caller, code, tookMs }) => {
      requests.inc({ caller, outcome: code });
      requestSeconds.observe({ outcome: code }, tookMs / MILLISECONDS);
    },
    onModelCall: ({ rubricHash, answers, tookMs }) => {
      const rubric = nameOf(rubricHash);
      callAnswers.observe({ rubric }, answers);
      callSeconds.observe({ rubric }, tookMs / MILLISECONDS);
    },
  };
}

/** Counts what is asked over HTTP, whether it came to a reward or not. */
export function rewardHttpMetricsObserver(metrics: ProcessRegistry): RewardHttpObserver {
  const requests = metrics.counter('majlis_reward_http_requests_total');
  const seconds = metrics.histogram('majlis_reward_http_request_duration_seconds');
  return {
    onAnswer: ({ contract, status, tookMs }) => {
      requests.inc({ contract, status });
      seconds.observe({ contract }, tookMs / MILLISECONDS);
    },
  };
}

/** Offers how a reward server stands at a scrape. */
export function offerRewardGauges(metrics: ProcessRegistry, { status, kept }: RewardGauges): void {
  metrics.readGauge('majlis_reward_requests_waiting', (gauge) => gauge.set(status().requests));
  metrics.readGauge('majlis_reward_queued_answers', (gauge) => gauge.set(status().queuedAnswers));
  metrics.readGauge('majlis_reward_cache_bytes', (gauge) => gauge.set(status().cacheBytes));
  metrics.readGauge('majlis_reward_trainer_up', (gauge) => {
    for (const { alias, trainers } of kept()) {
      for (const trainer of trainers) {
        if (trainer === undefined) continue;
        gauge.set({ alias, trainer: trainer.address }, trainer.absence === undefined ? 1 : 0);
      }
    }
  });
  metrics.readGauge('majlis_reward_alias_info', (gauge) => {
    for (const { alias, rubricId: rubric, rubricHash, rewardModelHash } of kept()) {
      gauge.set({ alias, rubric, rubric_hash: rubricHash, reward_model_hash: rewardModelHash }, 1);
    }
  });
}

function countKinds(outcomes: readonly (readonly Outcome<Reward>[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const group of outcomes) {
    for (const { kind } of group) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
