import { LEAST_MEMORY_MIB } from "../../components/cluster/leastMemory";
import { memoryFor } from "../../components/kafka/plan/memory";
import { codes, type Mistake, mistake, type Mistakes } from "../mistakes";
import { podHosts } from "../scheduling";
import type { StackConfig } from "../schema/schema";

/** Memory that a JVM with Kafka uses at least beside its heap: classes, code, threads, network buffers. */
const LEAST_BESIDE_HEAP = 128;

/** Kafka's default of `log.cleaner.dedupe.buffer.size`, which a broker allocates on its heap when it starts. */
const CLEANER_BUFFER = 128;
/** With only this much heap beside the buffer, a broker of Kafka 4.3 runs out of heap while it starts. */
const TOO_LITTLE_BESIDE_BUFFER = 32;
/** With only this much heap, a controller of Kafka 4.3 runs out of heap while it starts. */
const TOO_LITTLE_FOR_CONTROLLER = 20;

/** Kafka's nodes of one kind. */
interface Nodes {
  /** The config key that has their heap and resources. */
  key: "kafka" | "kafka.controllers";
  count: number;
  heap: string;
  resources: StackConfig["kafka"]["resources"];
}

/** Memory settings of pods that Kubernetes would refuse, that the kernel would kill, or that fit on no host. */
export function* memoryMistakes(config: StackConfig): Mistakes {
  const { brokers, controllers, heap, resources } = config.kafka;
  const kinds: Nodes[] = [
    { key: "kafka", count: brokers, heap, resources },
    ...(controllers ? [{ ...controllers, key: "kafka.controllers" as const, resources: controllers.resources }] : []),
  ];
  yield* checkHosts(config);
  yield* checkCleaner(config);
  yield* checkControllers(config);
  for (const nodes of kinds) yield* checkHeap(nodes);
  for (const nodes of kinds) yield* checkRequests(nodes);
  yield* checkContainers(config, kinds);
}

/** Containers with so little memory that the preflight would refuse them, after they are made. */
function* checkHosts({ hosts: { containers = [] } }: StackConfig): Mistakes {
  for (const [index, { memory }] of containers.entries()) {
    if (memory === undefined || mebibytes(memory) >= LEAST_MEMORY_MIB) continue;
    const message = `${memory} is too little for a host; set at least ${LEAST_MEMORY_MIB}m`;
    yield mistake(codes.smallContainer, `hosts.containers[${index}].memory`, message);
  }
}

function* checkCleaner({ kafka: { heap, properties } }: StackConfig): Mistakes {
  const name = "log.cleaner.dedupe.buffer.size";
  const cleanerIsOff = String(properties["log.cleaner.enable"]).trim().toLowerCase() === "false";
  const buffer = cleanerIsOff ? 0 : Number(properties[name] ?? CLEANER_BUFFER * 2 ** 20) / 2 ** 20;
  // A value that is no number is a mistake of its own.
  if (!(mebibytes(heap) <= buffer + TOO_LITTLE_BESIDE_BUFFER)) return;
  const why = cleanerIsOff
    ? `a broker doesn't start with ${TOO_LITTLE_BESIDE_BUFFER}m or less`
    : `a broker takes ${Math.round(buffer)}m of it for the log cleaner when it starts (${name})`;
  const least = Math.ceil(buffer) + 2 * LEAST_BESIDE_HEAP;
  yield mistake(codes.heapTooSmall, "kafka.heap", `${heap} is too small: ${why}; set at least ${least}m`);
}

function* checkControllers({ kafka: { controllers } }: StackConfig): Mistakes {
  if (!controllers || mebibytes(controllers.heap) > TOO_LITTLE_FOR_CONTROLLER) return;
  const message = `${controllers.heap} is too small: a controller runs out of it when it starts; set at least ${LEAST_BESIDE_HEAP}m`;
  yield mistake(codes.heapTooSmall, "kafka.controllers.heap", message);
}

function* checkHeap({ key, heap, resources }: Nodes): Mistakes {
  const limit = resources?.limits?.memory;
  if (limit === undefined || fits(heap, limit)) return;
  const message = `${heap} doesn't fit ${key}.resources.limits.memory, ${limit}: a JVM takes ${LEAST_BESIDE_HEAP}Mi and more beside its heap; set a smaller heap or a larger limit`;
  yield mistake(codes.heapAboveLimit, `${key}.heap`, message);
}

function fits(heap: string, limit: string): boolean {
  return mebibytes(heap) + LEAST_BESIDE_HEAP <= mebibytes(limit);
}

function* checkRequests({ key, heap, resources: { requests = {}, limits = {} } = {} }: Nodes): Mistakes {
  const above = (resource: "cpu" | "memory", requested: string, most: string): Mistake => {
    const message = `${requested} is more than ${key}.resources.limits.${resource}, ${most}; set at most that, or a larger limit`;
    return mistake(codes.requestsAboveLimits, `${key}.resources.requests.${resource}`, message);
  };
  const { cpu = "250m" } = requests;
  if (limits.cpu !== undefined && cores(cpu) > cores(limits.cpu)) {
    yield above("cpu", requests.cpu ?? `the default, ${cpu},`, limits.cpu);
  }
  const byDefault = memoryFor(heap);
  const { memory: requested = byDefault.request } = requests;
  const { memory: most = byDefault.limit } = limits;
  // If the heap doesn't fit the limit, the default request doesn't either: one mistake is enough.
  const consequence = requests.memory === undefined && limits.memory !== undefined && !fits(heap, limits.memory);
  if (mebibytes(requested) > mebibytes(most) && !consequence) {
    const limit = limits.memory ?? `${most} by default`;
    yield above("memory", requests.memory ?? `the default for ${key}.heap, ${requested},`, limit);
  }
}

/** The scheduler sees the machine's memory, not a container's, so it would schedule more pods than fit into the container. */
function* checkContainers({ hosts, kubernetes }: StackConfig, kinds: readonly Nodes[]): Mistakes {
  const taking = podHosts(kubernetes, hosts.containers ?? []);
  // A kubelet's reservation counts against the machine's memory, too: reserving what the container lacks tells the scheduler.
  const rooms = taking.map(({ memory }) => memory && mebibytes(memory));
  if (rooms.length === 0 || rooms.includes(undefined)) return;
  const needed = ({ heap, resources }: Nodes): number =>
    Math.max(mebibytes(heap) + LEAST_BESIDE_HEAP, mebibytes(resources?.requests?.memory ?? memoryFor(heap).request));
  const total = rooms.reduce<number>((sum, room) => sum + Number(room), 0);
  const totalNeeded = kinds.reduce((sum, nodes) => sum + nodes.count * needed(nodes), 0);
  const crowded = kinds.find((nodes) => {
    const places = rooms.reduce<number>((sum, room) => sum + Math.floor(Number(room) / needed(nodes)), 0);
    return places < nodes.count;
  });
  const nodes = crowded ?? (totalNeeded > total ? kinds[0]! : undefined);
  if (!nodes) return;
  const key = nodes.key === "kafka" ? "kafka.brokers" : "kafka.controllers.count";
  const message = `${nodes.count} with ${needed(nodes)}Mi each (${nodes.key}.heap, ${nodes.heap}) don't fit the memory of hosts.containers that run pods, ${total}Mi in ${rooms.length}; set fewer, a smaller heap, or more memory`;
  yield mistake(codes.memoryOfContainers, key, message);
}

/**
 * A size in MiB.
 *
 * @example "512m" or "3g", as in Java and Docker; "768Mi" or "1Gi", as in Kubernetes
 */
function mebibytes(size: string): number {
  const [, amount, unit = ""] = /^(\d+)(.*)$/.exec(size)!;
  const factors: Record<string, number> = { Ki: 1 / 1024, m: 1, Mi: 1, g: 1024, Gi: 1024, Ti: 1024 * 1024 };
  return Number(amount) * factors[unit]!;
}

/** `500m`, `2` */
function cores(quantity: string): number {
  return quantity.endsWith("m") ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
}
