import * as onnxRuntime from 'onnxruntime-node';
import { openRuntime } from '../../../../../core/network/session/inference-session.js';

const absent = (why: string) => (): Promise<never> => Promise.reject(new Error(why));
const present = async (): Promise<typeof onnxRuntime> => onnxRuntime;

describe('openRuntime', () => {
  it('takes the native runtime where it loads', async () => {
    const loaders = { 'onnxruntime-node': present, 'onnxruntime-web': absent('no WebAssembly') };
    const runtime = await openRuntime(undefined, loaders);
    expect(runtime.name).toBe('onnxruntime-node');
    expect(runtime).not.toHaveProperty('fallbackReason');
  });

  it('says on the WebAssembly runtime why the native one could not be loaded', async () => {
    const loaders = { 'onnxruntime-node': absent('GLIBC is too old'), 'onnxruntime-web': present };
    expect(await openRuntime(undefined, loaders)).toMatchObject({
      name: 'onnxruntime-web',
      fallbackReason: expect.stringContaining('GLIBC is too old'),
    });
  });

  it('names both reasons where neither can be loaded', async () => {
    const loaders = {
      'onnxruntime-node': absent('GLIBC is too old'),
      'onnxruntime-web': absent('no WebAssembly'),
    };
    await expect(openRuntime(undefined, loaders)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /onnxruntime-node .*: GLIBC is too old.*onnxruntime-web .*: no WebAssembly/,
      ),
    });
  });

  it('never takes another runtime than the one that is asked for', async () => {
    const loaders = { 'onnxruntime-node': absent('GLIBC is too old'), 'onnxruntime-web': present };
    await expect(openRuntime('onnxruntime-node', loaders)).rejects.toThrow('GLIBC is too old');
  });
});
