/** Memory that a JVM uses outside its heap: code, threads, network buffers. */
const BESIDE_THE_HEAP_MIB = 256;
/** Page cache for Kafka's reads and writes. It counts as the container's memory, but the kernel can reclaim it. */
const PAGE_CACHE_MIB = 256;

/** A broker's memory request and limit, as Kubernetes quantities. */
export interface BrokerMemory {
  /** @example "768Mi" */
  readonly request: string;
  /** @example "1024Mi" */
  readonly limit: string;
}

/**
 * Memory of a broker with this heap.
 *
 * @param heap as the JVM's `-Xmx` reads it: `512m`, `4g`
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
