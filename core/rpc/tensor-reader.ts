import type { TensorName } from '../../proto/gen/majlis/v1/trainer.js';
import { BadInputError } from '../errors.js';
import type { Tensor, Tensors } from './tensor-stream.js';
import { tensorPlace } from './tensor-stream.js';

/** Takes named tensors out of a stream's set and checks that each is there, is as long as it must be, and none is left. */
export class TensorReader {
  private readonly left: Map<TensorName, Tensor>;

  /** `source` is the message type, for refusals. */
  constructor(
    tensors: Tensors,
    private readonly source: string,
  ) {
    this.left = new Map(tensors);
  }

  /** The tensor of that name, of any length unless one is given. */
  int32(name: TensorName, length?: number): Int32Array {
    const tensor = this.take(name, length);
    if (tensor instanceof Int32Array) return tensor;
    throw this.refusal(name, 'nothing', 'an int32 tensor');
  }

  /** The tensor of that name, of any length unless one is given. */
  float32(name: TensorName, length?: number): Float32Array {
    const tensor = this.take(name, length);
    if (tensor instanceof Float32Array) return tensor;
    throw this.refusal(name, 'nothing', 'a float32 tensor');
  }

  /** Undefined where the tensor was not sent. */
  optionalFloat32(name: TensorName, length?: number): Float32Array | undefined {
    return this.left.has(name) ? this.float32(name, length) : undefined;
  }

  /** Refuses what nobody asked for: a tensor that is silently ignored would train another loss than the sender meant. */
  finish(): void {
    for (const name of this.left.keys())
      throw this.refusal(name, 'a tensor', 'only tensors that the call uses');
  }

  refusal(name: TensorName, found: string, allowed: string): BadInputError {
    return new BadInputError({ source: this.source, place: tensorPlace(name), found, allowed });
  }

  private take(name: TensorName, length: number | undefined): Tensor | undefined {
    const tensor = this.left.get(name);
    this.left.delete(name);
    if (tensor !== undefined && length !== undefined && tensor.length !== length) {
      throw this.refusal(name, `${tensor.length} entries`, `${length} entries`);
    }
    return tensor;
  }
}
