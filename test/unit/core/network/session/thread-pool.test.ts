import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ThreadPool } from '../../../../../core/network/session/thread-pool.js';
import { compiledModule } from '../../../../../core/runtime/package-root.js';

type Task =
  | { readonly kind: 'echo' | 'wait' | 'fail' | 'die'; readonly value?: number }
  | { readonly kind: 'block'; readonly flag: Int32Array };

describe('ThreadPool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-threads-'));
  const module = join(folder, 'thread.cjs');
  const pools: ThreadPool<Task, unknown>[] = [];

  beforeAll(() => {
    writeFileSync(
      module,
      `const { serveThread } = require(${JSON.stringify(compiledModule('core/network/session/serve-thread'))});
       const { threadId } = require('node:worker_threads');
       serveThread(async ({ kind, value, flag }) => {
         if (kind === 'block') {
           const end = performance.now() + 200;
           while (performance.now() < end);
           Atomics.store(flag, 0, 1);
         }
         if (kind === 'die') process.exit(3);
         if (kind === 'fail') throw Object.assign(new Error('bad task'), { name: 'AbortError' });
         if (kind === 'wait') await new Promise((resolve) => setTimeout(resolve, value));
         return kind === 'echo' ? value : threadId;
       });`,
    );
  });
  afterAll(async () => {
    for (const pool of pools) await pool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function poolOf(threads: number): ThreadPool<Task, unknown> {
    const pool = new ThreadPool<Task, unknown>({ module, threads });
    pools.push(pool);
    return pool;
  }

  it('answers each task with its own result, more tasks than threads', async () => {
    const pool = poolOf(2);
    const values = [...Array(20).keys()];
    expect(await Promise.all(values.map((value) => pool.run({ kind: 'echo', value })))).toEqual(values);
  });

  it('works on all its threads at once', async () => {
    const pool = poolOf(2);
    const ids = await Promise.all([
      pool.run({ kind: 'wait', value: 100 }),
      pool.run({ kind: 'wait', value: 100 }),
    ]);
    expect(new Set(ids).size).toBe(2);
  });

  it('hands on an error with its code and goes on', async () => {
    const pool = poolOf(1);
    await expect(pool.run({ kind: 'fail' })).rejects.toMatchObject({
      message: 'bad task',
      code: 'cancelled',
    });
    expect(await pool.run({ kind: 'echo', value: 1 })).toBe(1);
  });

  it('fails the running, the waiting and every later task as unavailable when a thread dies', async () => {
    const pool = poolOf(1);
    const running = pool.run({ kind: 'die' });
    const waiting = pool.run({ kind: 'echo', value: 1 });
    await expect(running).rejects.toMatchObject({ code: 'unavailable' });
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    await expect(pool.run({ kind: 'echo', value: 2 })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('cancels what has not finished when it is closed', async () => {
    const pool = poolOf(1);
    const running = pool.run({ kind: 'wait', value: 10_000 });
    const closed = expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await pool.close();
    await closed;
  });

  it('lets a call that blocks the thread come to its end before it ends the thread', async () => {
    const pool = poolOf(1);
    await pool.run({ kind: 'echo', value: 1 });
    const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const cancelled = expect(pool.run({ kind: 'block', flag })).rejects.toMatchObject({ code: 'cancelled' });
    await pool.close();
    await cancelled;
    expect(Atomics.load(flag, 0)).toBe(1);
  });

  it.each(['', 'pool.run({ kind: "echo", value: 1 });'])(
    'holds no process open while idle, after %p',
    (work) => {
      const program = `const { ThreadPool } = require(${JSON.stringify(compiledModule('core/network/session/thread-pool'))});
      const pool = new ThreadPool({ module: ${JSON.stringify(module)}, threads: 2 }); ${work}`;
      expect(() => execFileSync(process.execPath, ['-e', program], { timeout: 15_000 })).not.toThrow();
    },
  );

  it('refuses to be made of no threads', () => {
    expect(() => new ThreadPool({ module, threads: 0 })).toThrow('at least 1 thread');
  });
});
