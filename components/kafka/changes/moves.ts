/** Plans which replicas of which partitions move where. A pure function from the current layout to the moves. */

/** One partition and the brokers that have its replicas. The first is the preferred leader. */
export interface PartitionReplicas {
  readonly topic: string;
  readonly partition: number;
  /** Ids of brokers. */
  readonly replicas: readonly number[];
}

/** A broker that may get replicas. */
export interface Broker {
  readonly id: number;
  /** Rack, for instance a zone. Replicas are spread over racks if brokers have some. @default no rack */
  readonly rack?: string;
  /** Whether an administrator has cordoned it. Then it gets a replica only if no other broker can. @default false */
  readonly cordoned?: boolean;
}

/** A partition's replicas as they are to become. */
export interface Move extends PartitionReplicas {
  /** Ids of brokers that get a replica and don't have one yet. */
  readonly adding: readonly number[];
}

/** What to change beside moving replicas off brokers that aren't listed. */
export interface MoveOptions {
  /** Replication factors to reach, by topic. Topics that aren't listed keep theirs. */
  readonly replicationFactors?: Readonly<Record<string, number>>;
  /**
   * Whether to even out the numbers of replicas and of preferred leaders over brokers, and to spread over racks.
   * @default false
   */
  readonly balance?: boolean;
}

/**
 * The fewest moves after which all replicas are on the given brokers, in the wanted numbers. With `balance`, each
 * partition's replicas are also in as many racks as possible. As far as that allows, no broker has two replicas more
 * than another, nor is the preferred leader of two partitions more than another broker that could be. Partitions that
 * don't change are not in the result.
 *
 * @throws Error if a partition needs more replicas than there are brokers (see `tooManyReplicas`): it may be about to lose some
 */
export function planMoves(
  partitions: readonly PartitionReplicas[],
  brokers: readonly Broker[],
  { replicationFactors = {}, balance = false }: MoveOptions = {},
): Move[] {
  const layout = new Layout(partitions, brokers);
  for (const partition of layout.partitions) {
    layout.fit(partition, replicationFactors[partition.topic] ?? partition.before.length);
  }
  if (balance) {
    layout.spreadOverRacks();
    layout.balanceReplicas();
    layout.balanceLeaders();
  }
  return layout.moves();
}

/** Topics whose partitions have more replicas than there would be brokers, with the number of replicas. */
export function tooManyReplicas(partitions: readonly PartitionReplicas[], brokers: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const { topic, replicas } of partitions) {
    if (replicas.length > brokers) found.set(topic, Math.max(replicas.length, found.get(topic) ?? 0));
  }
  return found;
}

/** A partition with its replicas before the moves and after those planned so far. */
interface PlacedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly before: readonly number[];
  now: number[];
}

/** Replicas on brokers as planned so far, with counts by broker. */
class Layout {
  readonly partitions: PlacedPartition[];
  private readonly racks: Map<number, string | undefined>;
  private readonly cordoned: Set<number>;
  private readonly replicas = new Map<number, number>();
  private readonly preferredLeaders = new Map<number, number>();
  /** Number of a topic's replicas on a broker, by `topic broker`. */
  private readonly replicasOfTopic = new Map<string, number>();

  constructor(partitions: readonly PartitionReplicas[], brokers: readonly Broker[]) {
    this.racks = new Map(brokers.map(({ id, rack }) => [id, rack]));
    this.cordoned = new Set(brokers.filter(({ cordoned }) => cordoned).map(({ id }) => id));
    for (const { id } of brokers) {
      this.replicas.set(id, 0);
      this.preferredLeaders.set(id, 0);
    }
    this.partitions = partitions.map(({ topic, partition, replicas }) => ({
      topic,
      partition,
      before: replicas,
      now: [...replicas],
    }));
    for (const { topic, now } of this.partitions) {
      now.forEach((id) => this.count(topic, id, 1));
      this.countLeader(now, 1);
    }
  }

  /** Moves replicas from other brokers onto these, and adds or removes replicas until there are `wanted`. */
  fit(partition: PlacedPartition, wanted: number): void {
    if (wanted > this.racks.size) {
      throw new Error(`${partition.topic} can't have ${wanted} replicas on ${this.racks.size} brokers`);
    }
    this.countLeader(partition.now, -1);
    for (const id of partition.now.filter((each) => !this.racks.has(each))) {
      if (partition.now.length > wanted) this.drop(partition, id);
      else this.replace(partition, id, this.best(partition, id));
    }
    while (partition.now.length < wanted) {
      const id = this.best(partition);
      partition.now.push(id);
      this.count(partition.topic, id, 1);
    }
    while (partition.now.length > wanted) {
      // The leader's replica stays, so that clients don't have to find a new leader.
      const spare = partition.now.slice(1).sort((a, b) => this.load(b) - this.load(a) || b - a);
      this.drop(
        partition,
        spare.find((id) => this.spread(partition.now, id) === this.spread(partition.now)) ?? spare[0]!,
      );
    }
    this.countLeader(partition.now, 1);
  }

  /** Moves replicas out of racks that have several of a partition, while there is a rack that has none. */
  spreadOverRacks(): void {
    for (const partition of this.partitions) {
      for (;;) {
        const { now } = partition;
        const racks = this.spread(now);
        // The leader's replica stays: if its rack has several replicas, another one of them can move.
        const movable = now.slice(1).filter((id) => this.spread(now, id) === racks);
        const from = movable.sort((a, b) => this.load(b) - this.load(a) || b - a)[0];
        if (from === undefined) break;
        const to = this.best(partition, from);
        if (this.cordoned.has(to) || this.spread([...now, to], from) <= racks) break;
        this.replace(partition, from, to);
      }
    }
  }

  /** Moves replicas, one after the other, from brokers that have many to brokers that have few. */
  balanceReplicas(): void {
    while (this.moveOne());
  }

  /** Makes brokers with few preferred leaders the preferred leaders of partitions that they have replicas of. */
  balanceLeaders(): void {
    for (let changed = true; changed;) {
      changed = false;
      for (const { now } of this.partitions) {
        const lead = (id: number): number => this.preferredLeaders.get(id)!;
        const least = now.reduce((best, id) => (lead(id) < lead(best) ? id : best));
        if (lead(now[0]!) - lead(least) < 2) continue;
        this.countLeader(now, -1);
        now.splice(now.indexOf(least), 1);
        now.unshift(least);
        this.countLeader(now, 1);
        changed = true;
      }
    }
  }

  moves(): Move[] {
    return this.partitions
      .filter(({ before, now }) => before.join() !== now.join())
      .map(({ topic, partition, before, now }) => ({
        topic,
        partition,
        replicas: now,
        adding: now.filter((id) => !before.includes(id)),
      }));
  }

  private moveOne(): boolean {
    const byLoad = [...this.racks.keys()].sort((a, b) => this.load(b) - this.load(a) || a - b);
    for (const from of byLoad) {
      for (const to of [...byLoad].reverse()) {
        if (this.load(from) - this.load(to) < 2) break;
        if (this.cordoned.has(to)) continue;
        const partition = this.candidate(from, to);
        if (!partition) continue;
        this.countLeader(partition.now, -1);
        this.replace(partition, from, to);
        this.countLeader(partition.now, 1);
        return true;
      }
    }
    return false;
  }

  /** The partition to move a replica of: one of the topic of which `from` has the largest surplus over `to`. */
  private candidate(from: number, to: number): PlacedPartition | undefined {
    const surplus = ({ topic }: PlacedPartition): number => this.topicLoad(topic, from) - this.topicLoad(topic, to);
    let best: PlacedPartition | undefined;
    for (const partition of this.partitions) {
      const { now } = partition;
      if (!now.includes(from) || now.includes(to)) continue;
      if (this.spread([...now, to], from) < this.spread(now)) continue;
      if (!best || surplus(partition) > surplus(best)) best = partition;
    }
    return best;
  }

  /**
   * The broker for one more replica: preferably one that isn't cordoned, in a rack without a replica, with the fewest
   * replicas.
   */
  private best(partition: PlacedPartition, insteadOf?: number): number {
    const others = partition.now.filter((id) => id !== insteadOf);
    const taken = (id: number): number =>
      others.filter((other) => this.racks.get(id) !== undefined && this.racks.get(other) === this.racks.get(id)).length;
    return [...this.racks.keys()]
      .filter((id) => !others.includes(id))
      .sort(
        (a, b) =>
          Number(this.cordoned.has(a)) - Number(this.cordoned.has(b)) ||
          taken(a) - taken(b) ||
          this.load(a) - this.load(b) ||
          this.topicLoad(partition.topic, a) - this.topicLoad(partition.topic, b) ||
          a - b,
      )[0]!;
  }

  /** Number of racks that the replicas are in. */
  private spread(replicas: readonly number[], without?: number): number {
    return new Set(replicas.filter((id) => id !== without).map((id) => this.racks.get(id))).size;
  }

  private replace(partition: PlacedPartition, from: number, to: number): void {
    partition.now[partition.now.indexOf(from)] = to;
    this.count(partition.topic, from, -1);
    this.count(partition.topic, to, 1);
  }

  private drop(partition: PlacedPartition, id: number): void {
    partition.now.splice(partition.now.indexOf(id), 1);
    this.count(partition.topic, id, -1);
  }

  private load(id: number): number {
    return this.replicas.get(id) ?? 0;
  }

  private topicLoad(topic: string, id: number): number {
    return this.replicasOfTopic.get(`${topic} ${id}`) ?? 0;
  }

  private count(topic: string, id: number, change: 1 | -1): void {
    this.replicas.set(id, this.load(id) + change);
    this.replicasOfTopic.set(`${topic} ${id}`, this.topicLoad(topic, id) + change);
  }

  private countLeader([first]: readonly number[], change: 1 | -1): void {
    this.preferredLeaders.set(first!, (this.preferredLeaders.get(first!) ?? 0) + change);
  }
}
