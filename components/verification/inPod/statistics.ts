import type { Latency, Throughput } from "../report";

/** A percentile by the nearest-rank method. @param share from 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export function latency(milliseconds: readonly number[]): Latency {
  return { p50: round(percentile(milliseconds, 0.5)), p99: round(percentile(milliseconds, 0.99)) };
}

export function throughput(messages: number, bytes: number, milliseconds: number): Throughput {
  const seconds = milliseconds / 1000;
  return {
    seconds: round(seconds, 2),
    messagesPerSecond: Math.round(messages / seconds),
    megabytesPerSecond: round(bytes / 1e6 / seconds),
  };
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
