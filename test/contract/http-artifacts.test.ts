import { HttpArtifacts } from '../../core/artifacts/http/http-artifacts.js';
import { serveArtifacts } from '../../core/artifacts/http/serve-artifacts.js';
import { MemoryArtifacts } from '../../core/artifacts/memory-artifacts.js';
import { systemClock } from '../../core/runtime/clock.js';
import { describeArtifactStore } from './artifact-store.contract.js';

describeArtifactStore('the HTTP store', async () => {
  const server = await serveArtifacts({ store: new MemoryArtifacts() });
  const store = new HttpArtifacts({ url: server.url, clock: systemClock });
  return {
    store,
    close: async () => {
      store.close();
      await server.close();
    },
  };
});
