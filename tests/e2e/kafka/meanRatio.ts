/** Mean of ratios that were measured on a machine with other load. */
export interface MeanRatio {
  /** Geometric mean. */
  readonly ratio: number;
  /** Bounds that contain the true mean with a probability of about 95 %. */
  readonly low: number;
  readonly high: number;
}

/** Standard errors on each side of the mean. */
const STANDARD_ERRORS = 2;

/** @param ratios at least two */
export function meanRatio(ratios: readonly number[]): MeanRatio {
  const logs = ratios.map(Math.log);
  const mean = sum(logs) / logs.length;
  const variance = sum(logs.map((log) => (log - mean) ** 2)) / (logs.length - 1);
  const error = STANDARD_ERRORS * Math.sqrt(variance / logs.length);
  return { ratio: Math.exp(mean), low: Math.exp(mean - error), high: Math.exp(mean + error) };
}

/** Whether the true mean is almost certainly on one side of a limit, so that nobody has to measure more. */
export function isClear({ low, high }: MeanRatio, limit: number): boolean {
  return low >= limit || high < limit;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
