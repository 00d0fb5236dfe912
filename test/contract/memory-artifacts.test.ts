import { MemoryArtifacts } from '../../core/artifacts/memory-artifacts.js';
import { describeArtifactStore } from './artifact-store.contract.js';

describeArtifactStore('the memory store', async () => ({
  store: new MemoryArtifacts(),
  close: async () => undefined,
}));
