/** Limits of a user, as the stack's config has them. */
export interface QuotaArgs {
  /** Bytes per second that the user may write to each broker, at least 1. @default no limit */
  readonly producerBytesPerSecond?: number | undefined;
  /** Bytes per second that the user may read from each broker, at least 1. @default no limit */
  readonly consumerBytesPerSecond?: number | undefined;
  /** Time of each broker's threads that the user's requests may take: 100 is one thread. @default no limit @see KIP-124 */
  readonly requestPercentage?: number | undefined;
  /** Partitions per second that the user may create and delete. @default no limit @see KIP-599 */
  readonly controllerMutationsPerSecond?: number | undefined;
}

/** Kafka's names. @see org.apache.kafka.server.config.QuotaConfig */
const names = {
  producerBytesPerSecond: "producer_byte_rate",
  consumerBytesPerSecond: "consumer_byte_rate",
  requestPercentage: "request_percentage",
  controllerMutationsPerSecond: "controller_mutation_rate",
} as const satisfies Record<keyof QuotaArgs, string>;

/** Quotas by Kafka's names; those without a limit are left out. */
export function kafkaQuotas(quotas: QuotaArgs): Record<string, number> {
  const keys = Object.keys(names) as (keyof QuotaArgs)[];
  return Object.fromEntries(keys.flatMap((key) => (quotas[key] === undefined ? [] : [[names[key], quotas[key]]])));
}
