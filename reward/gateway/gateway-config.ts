import { z } from 'zod';
import { LISTEN_ADDRESS } from '../../core/config/listen-address.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { MICROS_PER_UNIT } from './money.js';

const name = z.string().regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/i, 'letters and digits, joined by . _ or -');
const count = z.int().min(1);
const milliseconds = z.int().min(1).max(86_400_000);

/** Numbers in a file are doubles; within these bounds each amount of at most six decimals is one whole number of micros. */
const amount = z
  .number()
  .min(0)
  .max(1_000_000_000)
  .transform((value, context) => {
    const micros = Math.round(value * MICROS_PER_UNIT);
    if (Math.abs(micros / MICROS_PER_UNIT - value) < 1e-12 * Math.max(1, value)) return micros;
    context.addIssue({ code: 'custom', message: 'an amount of at most six decimals' });
    return z.NEVER;
  });

const endpointSchema = z.strictObject({
  /** Base of an OpenAI-compatible server, for example `http://localhost:8000/v1`. */
  url: z.url({ protocol: /^https?$/, message: 'an http or https URL' }),
  keyFile: z.string().min(1).exactOptional(),
  timeoutMs: milliseconds.default(30_000),
  concurrency: count.default(16),
  /** Requests and tokens in any stretch of so many seconds. */
  limits: z
    .strictObject({
      requests: count.exactOptional(),
      tokens: count.exactOptional(),
      perSeconds: z.number().positive().max(86_400).default(60),
    })
    .prefault({}),
  breaker: z.strictObject({ failures: count.default(8), pauseMs: milliseconds.default(10_000) }).prefault({}),
});

const routeSchema = z.strictObject({
  endpoint: name,
  /** What the endpoint calls the model, where that is another name. */
  model: z.string().min(1).exactOptional(),
  /** Of a million tokens, in the budget's currency; 0 where nothing is billed. */
  price: z.strictObject({ promptPerMillion: amount, completionPerMillion: amount }),
});

const judgeSchema = z.strictObject({
  id: name,
  model: z.string().min(1),
  family: z.string().min(1).exactOptional(),
  mode: z.enum(['pairwise', 'pointwise', 'checklist']).default('pairwise'),
  language: z.enum(['en', 'locale']).default('en'),
  confidence: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('samples'),
        count: count.max(64),
        temperature: z.number().min(0).max(2),
      }),
      z.strictObject({ kind: z.literal('log_probabilities') }),
    ])
    .default({ kind: 'samples', count: 1, temperature: 0 }),
  contextTokens: count.exactOptional(),
  /** Longest reply, which bounds what a call may cost. */
  maxReplyTokens: count.max(1_000_000).default(256),
  /** Longest wait for a verdict, with everything. */
  deadlineMs: milliseconds.default(300_000),
  retry: z
    .strictObject({
      attempts: count.max(100).default(6),
      firstDelayMs: milliseconds.default(250),
      longestDelayMs: milliseconds.default(20_000),
    })
    .prefault({}),
  /** The preferred first. */
  routes: z.array(routeSchema).min(1),
});

const budgetSchema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters such as USD'),
  /** All that a run may spend, ever; absent: no limit. */
  perRun: amount.exactOptional(),
  /** Other budgets, by run. */
  runs: z.record(z.string(), amount).default({}),
});

/** A gateway's file. Paths in it are relative to its folder. */
export const gatewayConfigSchema = z
  .strictObject({
    listen: z
      .strictObject({
        host: z.string().min(1).default('127.0.0.1'),
        port: z.int().min(0).max(65_535).default(7461),
        /** HOST:PORT where others ask it, whose machines have another store: they never become the gateway themselves. */
        reachedAt: z
          .string()
          .regex(LISTEN_ADDRESS, 'HOST:PORT, such as gateway.example:7461')
          .exactOptional(),
        /** Made, for this user alone, where it is not there. */
        tokenFile: z.string().min(1).default('gateway.token'),
        /** PEM files. Who asks believes `ca`; the gateway shows `certificate`, and takes it up again when it changes. */
        tls: z
          .strictObject({ ca: z.string().min(1), certificate: z.string().min(1), key: z.string().min(1) })
          .exactOptional(),
        /** More who may ask, each with a role (docs/security.md). */
        tokens: z.string().min(1).exactOptional(),
        /** Allows a host that other machines can reach without `tls`. */
        insecure: z.boolean().exactOptional(),
      })
      .prefault({}),
    /** Offers /metrics to Prometheus on this port; 0 takes a free one. It asks nobody who they are. Absent: nothing is offered. */
    metrics: z
      .strictObject({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(0).max(65_535) })
      .exactOptional(),
    store: z.string().min(1).default('judgements.sqlite'),
    /** How long a gateway that stops lets questions finish. */
    drainMs: z.int().min(0).max(3_600_000).default(30_000),
    budget: budgetSchema,
    endpoints: z.record(name, endpointSchema),
    judges: z.array(judgeSchema).min(1),
  })
  .check(({ value, issues }) => {
    const known = Object.keys(value.endpoints);
    value.judges.forEach(({ id, routes }, index) => {
      if (value.judges.findIndex((judge) => judge.id === id) < index) {
        issues.push({ code: 'custom', message: 'each id once', input: id, path: ['judges', index, 'id'] });
      }
      routes.forEach(({ endpoint }, place) => {
        if (known.includes(endpoint)) return;
        const path = ['judges', index, 'routes', place, 'endpoint'];
        issues.push({ code: 'custom', message: `one of ${known.join(', ')}`, input: endpoint, path });
      });
    });
  });

export type GatewayConfig = z.infer<typeof gatewayConfigSchema>;

/** Reads a gateway's file; a bad one is a BadInputError that names the place. */
export function readGatewayConfig(path: string): Promise<GatewayConfig> {
  return readYaml(path, gatewayConfigSchema);
}
