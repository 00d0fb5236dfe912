import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeWhereMountsWork, runMounted } from '../../support/run-mounted.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const MODULES = [
  'core/artifacts/file-artifacts',
  'core/artifacts/directory-artifact',
  'core/artifacts/http/serve-artifacts',
  'core/artifacts/http/http-artifacts',
  'core/artifacts/memory-artifacts',
  'core/runtime/clock',
];

describeWhereMountsWork('a full disk', () => {
  const folder = useTemporaryFolder();

  it('refuses a directory before a part of it is fetched, and an artifact over HTTP, and leaves nothing behind', () => {
    const volume = join(folder(), 'volume');
    mkdirSync(volume);
    const mount = `mount -t tmpfs -o size=2m tmpfs ${volume}`;
    const said = runMounted(
      { folder: volume, mount, modules: MODULES },
      `
      const { mkdirSync, readdirSync, writeFileSync } = require('node:fs');
      const elsewhere = ${JSON.stringify(join(folder(), 'policy'))};
      mkdirSync(elsewhere);
      writeFileSync(elsewhere + '/model.safetensors', Buffer.alloc(3e6, 7));
      const store = new m.MemoryArtifacts();
      const key = await m.publishDirectory(store, elsewhere);
      const asked = [];
      const source = { get: (wanted) => { asked.push(wanted); return store.get(wanted); } };
      const never = new AbortController().signal;
      const fetched = await m.fetchDirectory(source, key, folder + '/here', never).catch(told);
      const full = new m.FileArtifacts(folder + '/objects');
      const server = await m.serveArtifacts({ store: full });
      const client = new m.HttpArtifacts({ url: server.url, clock: m.systemClock, attempts: 1 });
      const put = await client.put(Buffer.alloc(3e6, 7)).catch((error) => error.code);
      client.close();
      await server.close();
      const left = readdirSync(folder + '/objects', { recursive: true, withFileTypes: true });
      say({ fetched, asked: asked.length, put, files: left.filter((entry) => entry.isFile()).length });`,
    );
    expect(said).toEqual({
      fetched: {
        code: 'resource_exhausted',
        message: expect.stringMatching(/needs 3000000 more bytes, and its volume has \d+ free$/),
      },
      // The manifest.
      asked: 1,
      put: 'resource_exhausted',
      files: 0,
    });
  });
});
