import {
  offerRewardGauges,
  rewardHttpMetricsObserver,
  rewardMetricsObserver,
} from '../../../../cli/serving/reward-metrics.js';
import { rpcTelemetry } from '../../../../cli/telemetry/rpc-telemetry.js';
import type { KeptReward } from '../../../../cli/serving/rewards-keeper.js';
import {
  FLEET_METRICS,
  type FleetMetricDescription,
} from '../../../../core/telemetry/metrics/fleet-catalogue.js';
import { offerProcessMetrics } from '../../../../core/telemetry/metrics/process-metrics.js';
import { ProcessRegistry } from '../../../../core/telemetry/metrics/process-registry.js';
import { RecordingLogger } from '../../../../core/telemetry/recording-logger.js';
import { NO_TRACING } from '../../../../core/telemetry/tracing/no-tracing.js';

const HASHES = { rubricHash: 'r'.repeat(64), rewardModelHash: 'm'.repeat(64) };
const KEPT: KeptReward = {
  ...{ alias: 'active', rubricId: 'ar-msa', form: 'light', unasked: [], trainers: [], ...HASHES },
};

/** A registry after one reply, one refusal and one call of a model. */
async function exposition(kept: readonly KeptReward[]): Promise<string> {
  const metrics = new ProcessRegistry();
  const stop = offerProcessMetrics(metrics, '1.0.0');
  const observer = rewardMetricsObserver(metrics, () => kept);
  const status = { requests: 2, queuedAnswers: 5, cacheEntries: 1, cacheBytes: 640 };
  offerRewardGauges(metrics, { status: () => status, kept: () => kept });
  observer.onReply({
    ...HASHES,
    ...{ caller: 'amina', answers: 3, cached: 1, tookMs: 4 },
    outcomes: [
      [
        { kind: 'scored', score: { raw: 1, normalized: 0.5 } },
        { kind: 'judge_failed', reason: 'it overflowed', retryable: false },
      ],
      [{ kind: 'scored', score: { raw: 1, normalized: -4 } }],
    ],
  });
  observer.onRefusal({ caller: 'omar', code: 'resource_exhausted', tookMs: 1 });
  observer.onModelCall({ ...HASHES, answers: 2, tookMs: 3 });
  rewardHttpMetricsObserver(metrics).onAnswer({ contract: 'openrlhf', status: 200, tookMs: 8 });
  const logger = new RecordingLogger();
  rpcTelemetry({ logger, metrics, tracer: NO_TRACING }).onUnreadable?.('s.S/M');
  expect(logger.lines).toMatchObject([{ level: 'warn', fields: { method: 's.S/M' } }]);
  metrics.counter('majlis_reward_reloads_total').inc({ outcome: 'taken' });
  const text = await metrics.text();
  stop();
  return text;
}

describe('the metrics of a reward server', () => {
  it('are those of the catalogue and no others', async () => {
    const names = [...(await exposition([KEPT])).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    const listed = Object.entries<FleetMetricDescription>(FLEET_METRICS).flatMap(([name, { offeredBy }]) =>
      offeredBy.includes('reward server') ? [name] : [],
    );
    expect(names.sort()).toEqual(listed.sort());
  });

  it('tell who asked, what came of it, and what was paid', async () => {
    const text = await exposition([KEPT]);
    for (const line of [
      'majlis_reward_requests_total{caller="amina",outcome="ok"} 1',
      'majlis_reward_requests_total{caller="omar",outcome="resource_exhausted"} 1',
      'majlis_reward_answers_total{rubric="ar-msa",outcome="scored"} 2',
      'majlis_reward_answers_total{rubric="ar-msa",outcome="judge_failed"} 1',
      'majlis_reward_cached_answers_total{rubric="ar-msa"} 1',
      'majlis_reward_score_bucket{le="-3",rubric="ar-msa"} 1',
      'majlis_reward_score_bucket{le="0.5",rubric="ar-msa"} 2',
      'majlis_reward_request_duration_seconds_sum{outcome="ok"} 0.004',
      'majlis_reward_model_call_answers_bucket{le="2",rubric="ar-msa"} 1',
      'majlis_reward_model_call_duration_seconds_bucket{le="0.005",rubric="ar-msa"} 1',
      'majlis_reward_http_requests_total{contract="openrlhf",status="200"} 1',
      'majlis_reward_http_request_duration_seconds_sum{contract="openrlhf"} 0.008',
      'majlis_reward_requests_waiting 2',
      'majlis_reward_queued_answers 5',
      'majlis_rpc_unreadable_requests_total{method="s.S/M"} 1',
      'majlis_reward_cache_bytes 640',
      `majlis_reward_alias_info{alias="active",rubric="ar-msa",rubric_hash="${HASHES.rubricHash}",reward_model_hash="${HASHES.rewardModelHash}"} 1`,
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it('tell of each trainer whether it can score', async () => {
    const trainer = (address: string, absence?: string) => ({ address, key: address, absence });
    const trainers = [trainer('gpu-1:7300'), undefined, trainer('gpu-2:7300', 'nobody listens')];
    const text = await exposition([{ ...KEPT, trainers }]);
    expect(text).toContain('majlis_reward_trainer_up{alias="active",trainer="gpu-1:7300"} 1\n');
    expect(text).toContain('majlis_reward_trainer_up{alias="active",trainer="gpu-2:7300"} 0\n');
  });

  it('name a rubric that no alias names any more by its hash', async () => {
    const text = await exposition([]);
    expect(text).toContain('majlis_reward_cached_answers_total{rubric="rrrrrrrrrrrr"} 1\n');
    expect(text).not.toContain('majlis_reward_alias_info{');
  });
});
