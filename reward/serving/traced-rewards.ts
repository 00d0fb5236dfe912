import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { RewardReply, RewardService } from './reward-service.js';

/** The service with a span for each request, within whoever's it is, of whatever transport; it tells counts and hashes. */
export function tracedRewards(service: RewardService, tracer: Tracer): RewardService {
  if (tracer === NO_TRACING) return service;
  return {
    score: (request, context) =>
      tracer.span('score answers', {}, async (span) => {
        const reply = await service.score(request, context);
        span.set({
          [SPAN_ATTRIBUTES.rubricHash]: reply.rubricHash,
          [SPAN_ATTRIBUTES.rewardModelHash]: reply.rewardModelHash,
          ...counts(reply),
        });
        return reply;
      }),
  };
}

function counts({ outcomes }: RewardReply): Readonly<Record<string, number>> {
  const all = outcomes.flat();
  return {
    [SPAN_ATTRIBUTES.answers]: all.length,
    [SPAN_ATTRIBUTES.scored]: all.filter(({ kind }) => kind === 'scored').length,
  };
}
