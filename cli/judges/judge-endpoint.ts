import { join } from 'node:path';
import { gatewayConfigSchema, type GatewayConfig } from '../../reward/gateway/gateway-config.js';

/** A judge endpoint that a person named, with the key that it is sent. */
export interface JudgeEndpoint {
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string;
}

/** What an endpoint is called in the configuration that is made for it. */
export const ENDPOINT = 'judge';

/** How long a run that ends waits for answers that are on their way. */
const DRAIN_MS = 5000;

/** The configuration of a gateway with one judge at one endpoint: retries, a breaker and a store, no limits, no prices. */
export function endpointGateway({ url, model }: JudgeEndpoint, workspace: string): GatewayConfig {
  return gatewayConfigSchema.parse({
    store: join(workspace, 'judgements.sqlite'),
    drainMs: DRAIN_MS,
    budget: { currency: 'USD' },
    endpoints: { [ENDPOINT]: { url } },
    judges: [
      {
        id: `openai-${model.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '')}`,
        model,
        routes: [{ endpoint: ENDPOINT, price: { promptPerMillion: 0, completionPerMillion: 0 } }],
      },
    ],
  });
}
