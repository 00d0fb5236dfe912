import { dirname, resolve } from 'node:path';
import { MajlisError } from '../../core/errors.js';
import { readText } from '../../core/config/read-text.js';
import type { JudgementStore } from '../../core/judgements/judgement-store.js';
import type { Clock } from '../../core/runtime/clock.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import { createChatClient } from '../judge/chat-client.js';
import { createChatJudge } from '../judge/chat-judge.js';
import { Endpoint } from './endpoint.js';
import type { GatewayConfig } from './gateway-config.js';
import type { GatewayObserver } from './gateway-observer.js';
import { JudgeGateway } from './judge-gateway.js';
import type { ServedJudge } from './judge-gateway.js';
import { PaidChat } from './paid-chat.js';
import type { Route } from './route.js';
import { tracedChat } from './traced-chat.js';

export interface CreateGatewayOptions {
  readonly config: GatewayConfig;
  /** Where the configuration stood: its paths are relative to it. */
  readonly configPath: string;
  readonly store: JudgementStore;
  readonly clock: Clock;
  readonly observer?: GatewayObserver;
  readonly tracer?: Tracer;
  /** API keys by endpoint, beside those that the configuration names files of. */
  readonly keys?: ReadonlyMap<string, string>;
}

const MILLISECONDS = 1000;

type JudgeConfig = GatewayConfig['judges'][number];

interface Endpoints {
  readonly byName: ReadonlyMap<string, Endpoint>;
  readonly keys: ReadonlyMap<string, string>;
}

/** The gateway of a configuration. Its limits go on where the store's last owner left them. */
export async function createGateway(options: CreateGatewayOptions): Promise<JudgeGateway> {
  const { config, store, clock, observer, tracer } = options;
  const endpoints = { byName: makeEndpoints(options), keys: await readKeys(options) };
  await restoreLimits(endpoints.byName, options);
  return new JudgeGateway({
    judges: config.judges.map((judge) => serveJudge(judge, endpoints, options)),
    endpoints: [...endpoints.byName.values()],
    ...{ store, clock, ...(observer === undefined ? {} : { observer }) },
    ...(tracer === undefined ? {} : { tracer }),
    budgetMicros: (run) => config.budget.runs[run] ?? config.budget.perRun,
  });
}

function makeEndpoints({ config, clock }: CreateGatewayOptions): ReadonlyMap<string, Endpoint> {
  return new Map(
    Object.entries(config.endpoints).map(([name, { limits, concurrency, breaker }]) => {
      const { perSeconds, ...most } = limits;
      const windowed = { ...most, windowMs: perSeconds * MILLISECONDS };
      return [name, new Endpoint({ name, limits: windowed, concurrency, breaker }, clock)];
    }),
  );
}

async function readKeys({
  config,
  configPath,
  keys: given = new Map(),
}: CreateGatewayOptions): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>(given);
  for (const [name, { keyFile }] of Object.entries(config.endpoints)) {
    if (keyFile === undefined) continue;
    keys.set(name, (await readText(resolve(dirname(configPath), keyFile))).trim());
  }
  return keys;
}

async function restoreLimits(
  endpoints: ReadonlyMap<string, Endpoint>,
  { config, store, clock }: CreateGatewayOptions,
): Promise<void> {
  const windows = Object.values(config.endpoints).map(({ limits }) => limits.perSeconds * MILLISECONDS);
  const now = clock.now();
  const calls = await store.callsSince(now - Math.max(0, ...windows));
  for (const [name, endpoint] of endpoints) {
    const own = calls.filter((call) => call.endpoint === name);
    endpoint.window.restore(own.map(({ endedAtMs, tokens }) => ({ agoMs: now - endedAtMs, tokens })));
  }
}

function serveJudge(config: JudgeConfig, endpoints: Endpoints, options: CreateGatewayOptions): ServedJudge {
  const { store, clock, observer } = options;
  const { routes, retry, deadlineMs, maxReplyTokens } = config;
  const chat = new PaidChat({
    ...{ store, clock, retry, maxCompletionTokens: maxReplyTokens },
    ...(observer === undefined ? {} : { observer }),
    routes: routes.map((route) => makeRoute(route, config.model, { endpoints, options })),
  });
  return { judge: createChatJudge({ ...config, client: chat }), chat, deadlineMs };
}

function makeRoute(
  { endpoint: name, model, price }: JudgeConfig['routes'][number],
  judgeModel: string,
  { endpoints, options }: { readonly endpoints: Endpoints; readonly options: CreateGatewayOptions },
): Route {
  const endpoint = endpoints.byName.get(name);
  const settings = options.config.endpoints[name];
  // The configuration's own check: a route names a known endpoint.
  if (endpoint === undefined || settings === undefined)
    throw new MajlisError(`no endpoint ${name}`, { code: 'internal' });
  const apiKey = endpoints.keys.get(name);
  const place = { baseUrl: settings.url, model: model ?? judgeModel };
  const client = createChatClient({
    ...{ ...place, timeoutMs: settings.timeoutMs },
    ...(apiKey === undefined ? {} : { apiKey }),
    clock: options.clock,
  });
  const { promptPerMillion, completionPerMillion } = price;
  return {
    endpoint,
    client: tracedChat(client, options.tracer ?? NO_TRACING, { ...place, endpoint: name }),
    price: { promptMicros: promptPerMillion, completionMicros: completionPerMillion },
  };
}
