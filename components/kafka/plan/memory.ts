/** Memory that a JVM takes beside its heap: code, threads, buffers of the network. */
const BESIDE_THE_HEAP_MIB = 256;
/** Kafka reads and writes through the page cache, which counts as the container's but gives way. */
const PAGE_CACHE_MIB = 256;

/** What a broker asks of its node and may take at most, as Kubernetes quantities. */
export interface BrokerMemory {
  readonly request: string;
  readonly limit: string;
}

/**
 * Memory for a broker with this heap.
 *
 * @param heap as the JVM reads it: `512m`, `4g`
 * @throws RangeError where `heap` isn't written like that
 */
export function memoryFor(heap: string): BrokerMemory {
  const [, amount, unit] = /^([1-9][0-9]*)([mg])$/i.exec(heap) ?? [];
  if (amount === undefined) {
    throw new RangeError(`"${heap}" is no size of a heap; write it like "512m" or "4g".`);
  }
  const heapMiB = Number(amount) * (unit!.toLowerCase() === "g" ? 1024 : 1);
  const request = heapMiB + BESIDE_THE_HEAP_MIB;
  return { request: `${request}Mi`, limit: `${request + PAGE_CACHE_MIB}Mi` };
}
