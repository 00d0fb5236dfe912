import { join } from 'node:path';
import { FileArtifacts } from '../../core/artifacts/file-artifacts.js';
import { flipBit } from '../support/flip-bit.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';
import { describeDurableStore } from './artifact-store.contract.js';
import { describeCollectableStore } from './collectable-store.contract.js';

const folder = useTemporaryFolder();

describeDurableStore('the file store', async () => {
  const objects = join(folder(), 'objects');
  return {
    store: new FileArtifacts(objects),
    reopen: async () => new FileArtifacts(objects),
    damage: async (sha256) => {
      flipBit(join(objects, sha256.slice(0, 2), sha256), 0);
    },
    close: async () => undefined,
  };
});

describeCollectableStore('the file store', async () => new FileArtifacts(join(folder(), 'objects')));
