import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SegmentArtifacts } from '../../core/artifacts/segment-artifacts.js';
import { flipBit } from '../support/flip-bit.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';
import { describeDurableStore } from './artifact-store.contract.js';

const folder = useTemporaryFolder();

describeDurableStore('the segment store', async () => {
  const segments = join(folder(), 'segments');
  const opened = [await SegmentArtifacts.open({ folder: segments, segmentBytes: 1000 })];
  const [store] = opened;
  if (store === undefined) throw new Error('no store');
  return {
    store,
    reopen: async () => {
      await store.close();
      const again = await SegmentArtifacts.open({ folder: segments, segmentBytes: 1000 });
      opened.push(again);
      return again;
    },
    damage: async (sha256) => {
      const paths = readdirSync(segments).map((name) => join(segments, name));
      const hash = Buffer.from(sha256, 'hex');
      const path = paths.find((candidate) => readFileSync(candidate).includes(hash));
      if (path === undefined) throw new Error(`no segment holds ${sha256}`);
      // The payload follows the last byte of its hash.
      flipBit(path, readFileSync(path).indexOf(hash) + hash.length);
    },
    close: async () => {
      for (const each of opened) await each.close();
    },
  };
});
