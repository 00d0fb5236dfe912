/** 1 / (1 + exp(−x)), without overflow on either side. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const mass = Math.exp(x);
  return mass / (1 + mass);
}

/** log(1 + exp(x)) = max(x, 0) + log1p(exp(−|x|)), exact to rounding for every x. −softplus(−x) is log logistic(x). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
