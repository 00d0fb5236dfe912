import type * as OnnxRuntime from 'onnxruntime-node';
import { MajlisError } from '../../errors.js';

/** A tensor given to a run. `dims` multiply to the length of `data`. */
export interface Feed {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export type Feeds = Readonly<Record<string, Feed>>;

/** One loaded graph. `run` occupies the calling thread until it is done, so it belongs in a worker thread. */
export interface InferenceSession {
  /** Every output of the graph by name; all of them are float32. */
  run(feeds: Feeds): Promise<Record<string, Float32Array>>;
  close(): Promise<void>;
}

export type RuntimeName = 'onnxruntime-node' | 'onnxruntime-web';

/** ONNX Runtime, as a native library or as WebAssembly. Both compute on one thread. */
export interface GraphRuntime {
  readonly name: RuntimeName;
  readonly version: string;
  /** Why this is WebAssembly though the native library was tried first. */
  readonly fallbackReason?: string;
  open(model: Uint8Array): Promise<InferenceSession>;
}

type Ort = Pick<typeof OnnxRuntime, 'InferenceSession' | 'Tensor' | 'env'>;

/** How each runtime's package is loaded. */
export type RuntimeLoaders = Readonly<Record<RuntimeName, () => Promise<Ort>>>;

const LOADERS: RuntimeLoaders = {
  'onnxruntime-node': () => import('onnxruntime-node'),
  'onnxruntime-web': async () => {
    const web = await import('onnxruntime-web');
    web.env.wasm.numThreads = 1;
    return web;
  },
};

/**
 * Loads ONNX Runtime: the native one, or WebAssembly where no native binary can be loaded or where it is asked for.
 * Why the native one could not be loaded stands on the runtime, or in the error where neither can.
 */
export async function openRuntime(
  wanted?: RuntimeName,
  loaders: RuntimeLoaders = LOADERS,
): Promise<GraphRuntime> {
  if (wanted !== undefined) return load(wanted, loaders);
  let native: MajlisError;
  try {
    return await load('onnxruntime-node', loaders);
  } catch (thrown) {
    native = MajlisError.from(thrown);
  }
  try {
    return { ...(await load('onnxruntime-web', loaders)), fallbackReason: native.message };
  } catch (thrown) {
    const web = MajlisError.from(thrown);
    throw new MajlisError(`${native.message} ${web.message}`, {
      code: 'unavailable',
      cause: new AggregateError([native, web]),
    });
  }
}

async function load(name: RuntimeName, loaders: RuntimeLoaders): Promise<GraphRuntime> {
  try {
    return graphRuntime(name, await loaders[name]());
  } catch (cause) {
    const [reason] = MajlisError.from(cause).message.split('\n');
    const place = `${process.platform} ${process.arch}`;
    throw new MajlisError(`${name} cannot be loaded on ${place}: ${reason}.`, { code: 'unavailable', cause });
  }
}

function graphRuntime(name: RuntimeName, ort: Ort): GraphRuntime {
  const versions = ort.env.versions;
  return {
    name,
    version: (name === 'onnxruntime-node' ? versions.node : versions.web) ?? versions.common,
    open: async (model) => {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [name === 'onnxruntime-node' ? 'cpu' : 'wasm'],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        // Plans of memory are kept for every shape that was ever seen, which with ragged batches costs much and saves nothing.
        enableMemPattern: false,
        // An arena for each session never gives its peak back; without them the quickstart peaks 125 MB lower, no slower.
        enableCpuMemArena: false,
        logSeverityLevel: 3,
      });
      return {
        // Only returned tensors are read: onnxruntime-web leaves preallocated ones unfilled without a word.
        run: async (feeds) => readOutputs(await session.run(toTensors(ort, feeds))),
        close: async () => session.release(),
      };
    },
  };
}

function toTensors(ort: Ort, feeds: Feeds): Record<string, InstanceType<Ort['Tensor']>> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      data instanceof BigInt64Array
        ? new ort.Tensor('int64', data, dims)
        : new ort.Tensor('float32', data, dims),
    ]),
  );
}

function readOutputs(
  outputs: Readonly<Record<string, { readonly data: unknown }>>,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => {
      if (data instanceof Float32Array) return [name, data];
      throw new MajlisError(`Graph output ${name} is not float32.`, { code: 'internal' });
    }),
  );
}
