import { invalid } from './argument-checks.js';

/**
 * The z with Φ(z) = probability, for probabilities in (0, 1). Newton's method on Φ from 0: Φ is concave to the right of
 * 0, so the iterates rise to the root and never overshoot. Right to about 1e-13 for |z| ≤ 3 and 1e-9 for |z| ≤ 5.
 */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw invalid(`The probability is ${probability}; a normal quantile needs one between 0 and 1.`);
  }
  if (probability < 0.5) return -normalQuantile(1 - probability);
  let z = 0;
  for (;;) {
    const step = (probability - 0.5 - centralMass(z)) / density(z);
    if (!(step > 1e-15 * (1 + z))) return z;
    z += step;
  }
}

/** Φ(z) − ½ for z ≥ 0, by the series φ(z)·(z + z³/3 + z⁵/(3·5) + …) (Marsaglia 2004, J. Stat. Softw. 11(4)). */
function centralMass(z: number): number {
  let term = z;
  let sum = 0;
  for (let odd = 3; sum + term !== sum; odd += 2) {
    sum += term;
    term *= (z * z) / odd;
  }
  return sum * density(z);
}

function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}
