/** Precisions (1/variance) of Gaussian priors around 0; 0 is no prior. */
export interface BradleyTerryPriors {
  /** λ, of each strength. */
  readonly strengths: number;
  /** λ_β, of each term; 0 unless told. */
  readonly terms?: number;
  /** λ_t, of the tie parameter; 0 unless told. */
  readonly tie?: number;
}

/** Strengths with what else was fitted, and how the fit went. */
export interface BradleyTerryFit {
  /** θ, log-strengths that sum to 0. [item] */
  readonly strengths: Float64Array;
  /** β. [term] */
  readonly terms: Float64Array;
  /** log ν or log κ; absent where ties count half, and under `davidson` where nobody voted for one: there ν is 0. */
  readonly tie?: number;
  /** Without the priors' terms. */
  readonly logLikelihood: number;
  /** Largest absolute entry of the gradient at the solution. */
  readonly gradientNorm: number;
  readonly iterations: number;
}
