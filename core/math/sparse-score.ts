/** A gradient of which few entries are not 0. */
export class SparseScore {
  private readonly values: Float64Array;
  private readonly touched: number[] = [];

  constructor(size: number) {
    this.values = new Float64Array(size);
  }

  add(at: number, amount: number): void {
    if (this.values[at] === 0) this.touched.push(at);
    this.values[at] += amount;
  }

  /** The inner product with a vector [size]; begins anew. */
  takeProduct(vector: Float64Array): number {
    let product = 0;
    for (const at of this.touched) {
      product += this.values[at] * vector[at];
      this.values[at] = 0;
    }
    this.touched.length = 0;
    return product;
  }

  /** Adds weight·score·scoreᵀ to a matrix and begins anew. */
  flush(matrix: Float64Array, weight: number): void {
    const size = this.values.length;
    const places = [...new Set(this.touched)];
    const values = places.map((at) => this.values[at]);
    for (const [a, place] of places.entries()) {
      for (const [b, other] of places.entries())
        matrix[place * size + other] += weight * values[a] * values[b];
    }
    for (const at of places) this.values[at] = 0;
    this.touched.length = 0;
  }
}
