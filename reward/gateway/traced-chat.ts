import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../../core/telemetry/tracing/span-attributes.js';
import type { SpanAttributes, Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { ChatCall, ChatClient, ChatReply } from '../judge/chat-call.js';

/** Which model is called, and where. */
export interface ChatPlace {
  /** Its name in the gateway's file. */
  readonly endpoint: string;
  readonly baseUrl: string;
  readonly model: string;
}

/**
 * The client with a span for each call, by OpenTelemetry's conventions for generative AI, without a word of what was asked or
 * answered. The endpoint, which may be anybody's, is told no ids.
 */
export function tracedChat(
  client: ChatClient,
  tracer: Tracer,
  { endpoint, baseUrl, model }: ChatPlace,
): ChatClient {
  if (tracer === NO_TRACING) return client;
  const { hostname, port, protocol } = new URL(baseUrl);
  const place = {
    [SPAN_ATTRIBUTES.genAiOperation]: 'chat',
    [SPAN_ATTRIBUTES.genAiProvider]: endpoint,
    [SPAN_ATTRIBUTES.genAiModel]: model,
    [SPAN_ATTRIBUTES.serverAddress]: hostname,
    [SPAN_ATTRIBUTES.serverPort]: Number(port === '' ? DEFAULT_PORTS[protocol] : port),
  };
  return {
    complete: (call, signal) =>
      tracer.span(
        `chat ${model}`,
        { kind: 'client', attributes: { ...place, ...asked(call) } },
        async (span) => {
          const reply = await client.complete(call, signal);
          const { usage } = { usage: undefined, ...reply };
          if (usage !== undefined) {
            span.set({
              [SPAN_ATTRIBUTES.genAiInputTokens]: usage.promptTokens,
              [SPAN_ATTRIBUTES.genAiOutputTokens]: usage.completionTokens,
            });
          }
          if (reply.kind !== 'content') span.fail(failureOf(reply));
          return reply;
        },
      ),
  };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

function asked({ temperature, seed, maxTokens }: ChatCall): SpanAttributes {
  return {
    [SPAN_ATTRIBUTES.genAiTemperature]: temperature,
    ...(seed === undefined ? {} : { [SPAN_ATTRIBUTES.genAiSeed]: seed }),
    ...(maxTokens === undefined ? {} : { [SPAN_ATTRIBUTES.genAiMaxTokens]: maxTokens }),
  };
}

/** An HTTP status where the endpoint refused, as the conventions have it; else the kind of the reply or of the failure. */
function failureOf(reply: ChatReply): string {
  if (reply.kind !== 'failed') return reply.kind;
  return reply.failure.kind === 'refused' ? String(reply.failure.status) : reply.failure.kind;
}
