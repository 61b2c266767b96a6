import type { StatefulSet } from "./workloads";
import type { ChangeTask, Pool } from "./task";

/** StatefulSets that have more pods than planned. */
export function shrinkingSets({ pools }: Pick<ChangeTask, "pools">, sets: readonly StatefulSet[]): StatefulSet[] {
  return sets.filter(({ metadata, spec }) =>
    pools.some(({ name, count }) => name === metadata.name && spec.replicas > count),
  );
}

/** Planned voters that already have pods. The others can't be added to the quorum yet. */
export function votersWithPods({ pools, voters }: ChangeTask, sets: readonly StatefulSet[]): ChangeTask["voters"] {
  const podsIn = ({ name }: Pool): number => sets.find(({ metadata }) => metadata.name === name)?.spec.replicas ?? 0;
  return voters.filter(({ id }) => pools.some((pool) => id >= pool.firstId && id < pool.firstId + podsIn(pool)));
}

/** The pool of the brokers. */
export function poolOfBrokers({ pools, brokers }: Pick<ChangeTask, "pools" | "brokers">): Pool {
  return pools.find(({ firstId }) => firstId === brokers[0])!;
}
