import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Feeds } from '../../../../../core/network/session/inference-session.js';
import { ThreadPool } from '../../../../../core/network/session/thread-pool.js';
import { compiledModule } from '../../../../../core/runtime/package-root.js';

interface RunTask {
  readonly model: Uint8Array;
  readonly feeds: Feeds;
}

/** A thread that runs any graph, since ONNX Runtime does not load inside jest's own context. */
export class GraphThread {
  private readonly folder = mkdtempSync(join(tmpdir(), 'majlis-graph-'));
  private readonly pool: ThreadPool<RunTask, Record<string, Float32Array>>;

  constructor() {
    const module = join(this.folder, 'thread.cjs');
    writeFileSync(
      module,
      `const { serveThread } = require(${JSON.stringify(compiledModule('core/network/session/serve-thread'))});
       const { openRuntime } = require(${JSON.stringify(compiledModule('core/network/session/inference-session'))});
       serveThread(async ({ model, feeds }) => (await (await openRuntime()).open(model)).run(feeds));`,
    );
    this.pool = new ThreadPool({ module, threads: 1 });
  }

  run(model: Uint8Array, feeds: Feeds): Promise<Record<string, Float32Array>> {
    return this.pool.run({ model, feeds });
  }

  async close(): Promise<void> {
    await this.pool.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
