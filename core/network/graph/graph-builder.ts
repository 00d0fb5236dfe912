import { onnx } from 'onnx-proto';

/** Name of a value in a graph. The empty name stands for an optional input that is left out. */
export type ValueName = string;
export type ElementType = 'float32' | 'int64' | 'bool';
/** A fixed size, or the name of one that is known only when the graph runs. */
export type Dimension = number | string;
export type Attribute = number | string | readonly number[];

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Names of attributes that are floats; whole numbers are otherwise taken for integers. */
  readonly floatAttributes?: Readonly<Record<string, number>>;
  /** Operator set; empty for ONNX's own, `com.microsoft` for ONNX Runtime's. */
  readonly domain?: string;
}

export const MICROSOFT = 'com.microsoft';

const OPSET_VERSION = 20;
const IR_VERSION = 9;
const ELEMENT_CODES = { float32: 1, int64: 7, bool: 9 } as const;

/**
 * Writes one ONNX graph (https://github.com/onnx/onnx/blob/main/docs/IR.md), node by node, in order of computation.
 * Values are single-assignment: each call that adds something returns fresh names.
 */
export class GraphBuilder {
  private readonly nodes: onnx.INodeProto[] = [];
  private readonly initializers: onnx.ITensorProto[] = [];
  private readonly inputs: onnx.IValueInfoProto[] = [];
  private readonly outputs: onnx.IValueInfoProto[] = [];
  private readonly constants = new Map<string, ValueName>();
  private counter = 0;

  constructor(private readonly name: string) {}

  /** Declares what every run has to feed. */
  input(name: string, type: ElementType, dimensions: readonly Dimension[]): ValueName {
    this.inputs.push(valueInfo(name, type, dimensions));
    return name;
  }

  /** Makes a value a result of the graph, under a name of its own. */
  output(value: ValueName, name: string, type: ElementType, dimensions: readonly Dimension[]): void {
    this.nodes.push({ opType: 'Identity', input: [value], output: [name], name: `output ${name}` });
    this.outputs.push(valueInfo(name, type, dimensions));
  }

  /** A tensor that is part of the graph. Equal constants are stored once. */
  constant(type: ElementType, dimensions: readonly number[], data: readonly number[]): ValueName {
    const key = `${type}[${dimensions.join()}]${data.join()}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.fresh('constant');
    this.initializers.push({
      name,
      dataType: ELEMENT_CODES[type],
      dims: [...dimensions],
      rawData: rawBytes(type, data),
    });
    this.constants.set(key, name);
    return name;
  }

  scalar(value: number): ValueName {
    return this.constant('float32', [], [value]);
  }

  /** A vector of integers, as shapes, axes and indices are given. */
  integers(...values: number[]): ValueName {
    return this.constant('int64', [values.length], values);
  }

  /** Adds an operator with one result. */
  node(operator: string, inputs: readonly ValueName[], options: NodeOptions = {}): ValueName {
    return this.nodeWithOutputs(operator, inputs, 1, options)[0];
  }

  /** Adds an operator with several results. */
  nodeWithOutputs(
    operator: string,
    inputs: readonly ValueName[],
    outputs: number,
    options: NodeOptions = {},
  ): ValueName[] {
    const names = Array.from({ length: outputs }, () => this.fresh(operator));
    this.nodes.push({
      opType: operator,
      name: names[0],
      domain: options.domain ?? '',
      input: [...inputs],
      output: names,
      attribute: [
        ...Object.entries(options.attributes ?? {}).map(([name, value]) => attribute(name, value)),
        ...Object.entries(options.floatAttributes ?? {}).map(([name, f]) => ({ name, f, type: 1 })),
      ],
    });
    return names;
  }

  /** The model as protobuf bytes. */
  build(): Uint8Array {
    return onnx.ModelProto.encode({
      irVersion: IR_VERSION,
      producerName: 'majlis',
      opsetImport: [
        { domain: '', version: OPSET_VERSION },
        { domain: MICROSOFT, version: 1 },
      ],
      graph: {
        name: this.name,
        node: this.nodes,
        initializer: this.initializers,
        input: this.inputs,
        output: this.outputs,
      },
    }).finish();
  }

  private fresh(stem: string): ValueName {
    this.counter += 1;
    return `${stem}_${this.counter}`;
  }
}

function valueInfo(name: string, type: ElementType, dimensions: readonly Dimension[]): onnx.IValueInfoProto {
  const dim = dimensions.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_CODES[type], shape: { dim } } } };
}

function attribute(name: string, value: Attribute): onnx.IAttributeProto {
  if (typeof value === 'number') return { name, i: value, type: 2 };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: 3 };
  return { name, ints: [...value], type: 7 };
}

function rawBytes(type: ElementType, data: readonly number[]): Uint8Array {
  if (type === 'float32') return new Uint8Array(Float32Array.from(data).buffer);
  if (type === 'bool') return Uint8Array.from(data);
  return new Uint8Array(BigInt64Array.from(data, (value) => BigInt(value)).buffer);
}
