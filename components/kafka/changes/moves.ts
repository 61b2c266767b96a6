/**
 * Which copies of which partitions move where. Pure: what is there and what is wanted go in, the new layout comes out.
 */

/** One partition and the brokers that keep its copies; the first leads where it can ("preferred leader"). */
export interface PartitionCopies {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
}

export interface Broker {
  readonly id: number;
  /** Where it stands, for instance a zone; copies are spread over racks where they are known. */
  readonly rack?: string;
  /** Whether an administrator has cordoned it: it gets a replica only where no other broker can take that. @default false */
  readonly cordoned?: boolean;
}

/** A partition's copies as they have to become. */
export interface Move extends PartitionCopies {
  /** Brokers that get a copy which they don't have yet. */
  readonly adding: readonly number[];
}

export interface MoveOptions {
  /** Number of copies that a topic's partitions have to get. Topics that aren't named keep theirs. */
  readonly copies?: Readonly<Record<string, number>>;
  /** Whether brokers that have more copies or lead more partitions than others give some of them away. @default false */
  readonly balance?: boolean;
}

/**
 * The least that has to change until all copies lie on the given brokers, in the wanted number; with `balance` also until
 * each partition's copies lie in as many racks as they can, and, as far as that allows, no broker has two copies more than
 * another, nor prefers to lead two partitions more than one that could. Partitions that stay as they are aren't in the
 * result.
 *
 * @throws RangeError where a partition needs more copies than there are brokers (see `tooManyCopies`)
 */
export function planMoves(
  partitions: readonly PartitionCopies[],
  brokers: readonly Broker[],
  { copies = {}, balance = false }: MoveOptions = {},
): Move[] {
  const layout = new Layout(partitions, brokers);
  for (const partition of layout.partitions) layout.fit(partition, copies[partition.topic] ?? partition.before.length);
  if (balance) {
    layout.spreadOverRacks();
    layout.balanceCopies();
    layout.balanceLeaders();
  }
  return layout.moves();
}

/** Topics whose partitions have more copies than there would be brokers, with that number. */
export function tooManyCopies(partitions: readonly PartitionCopies[], brokers: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const { topic, replicas } of partitions) {
    if (replicas.length > brokers) found.set(topic, Math.max(replicas.length, found.get(topic) ?? 0));
  }
  return found;
}

interface Placed {
  readonly topic: string;
  readonly partition: number;
  readonly before: readonly number[];
  now: number[];
}

/** Copies on brokers, and how many each has. */
class Layout {
  readonly partitions: Placed[];
  private readonly racks: Map<number, string | undefined>;
  private readonly cordoned: Set<number>;
  private readonly copies = new Map<number, number>();
  private readonly leads = new Map<number, number>();
  /** Copies of a topic on a broker, by `topic broker`. */
  private readonly ofTopic = new Map<string, number>();

  constructor(partitions: readonly PartitionCopies[], brokers: readonly Broker[]) {
    this.racks = new Map(brokers.map(({ id, rack }) => [id, rack]));
    this.cordoned = new Set(brokers.filter(({ cordoned }) => cordoned).map(({ id }) => id));
    for (const { id } of brokers) {
      this.copies.set(id, 0);
      this.leads.set(id, 0);
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

  /** Puts copies that lie elsewhere onto the brokers, and adds or removes some until there are `wanted`. */
  fit(partition: Placed, wanted: number): void {
    if (wanted > this.racks.size) {
      throw new RangeError(`${partition.topic} can't have ${wanted} copies on ${this.racks.size} brokers`);
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
      // Not the leader's: its clients needn't notice.
      const spare = partition.now.slice(1).sort((a, b) => this.load(b) - this.load(a) || b - a);
      this.drop(
        partition,
        spare.find((id) => this.spread(partition.now, id) === this.spread(partition.now)) ?? spare[0]!,
      );
    }
    this.countLeader(partition.now, 1);
  }

  /** Moves copies out of racks that have several of a partition, as long as there is a rack without one. */
  spreadOverRacks(): void {
    for (const partition of this.partitions) {
      for (;;) {
        const { now } = partition;
        const racks = this.spread(now);
        // Not the leader's: where its rack has several copies, another one is there, too.
        const doubled = now.slice(1).filter((id) => this.spread(now, id) === racks);
        const from = doubled.sort((a, b) => this.load(b) - this.load(a) || b - a)[0];
        if (from === undefined) break;
        const to = this.best(partition, from);
        if (this.cordoned.has(to) || this.spread([...now, to], from) <= racks) break;
        this.replace(partition, from, to);
      }
    }
  }

  /** Moves one copy after the other from a broker that has many to one that has few. */
  balanceCopies(): void {
    while (this.moveOne());
  }

  /** Lets brokers that prefer to lead many partitions leave some to those that have a copy and lead few. */
  balanceLeaders(): void {
    for (let changed = true; changed;) {
      changed = false;
      for (const { now } of this.partitions) {
        const lead = (id: number): number => this.leads.get(id)!;
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

  /** A partition that may move one copy: of the topic that `from` has most of, compared with `to`. */
  private candidate(from: number, to: number): Placed | undefined {
    const surplus = ({ topic }: Placed): number => this.topicLoad(topic, from) - this.topicLoad(topic, to);
    let best: Placed | undefined;
    for (const partition of this.partitions) {
      const { now } = partition;
      if (!now.includes(from) || now.includes(to)) continue;
      if (this.spread([...now, to], from) < this.spread(now)) continue;
      if (!best || surplus(partition) > surplus(best)) best = partition;
    }
    return best;
  }

  /** The broker for one more replica: not cordoned where there is one, then in a rack of its own, then where there is least. */
  private best(partition: Placed, insteadOf?: number): number {
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

  /** Number of racks that copies lie in. */
  private spread(replicas: readonly number[], without?: number): number {
    return new Set(replicas.filter((id) => id !== without).map((id) => this.racks.get(id))).size;
  }

  private replace(partition: Placed, from: number, to: number): void {
    partition.now[partition.now.indexOf(from)] = to;
    this.count(partition.topic, from, -1);
    this.count(partition.topic, to, 1);
  }

  private drop(partition: Placed, id: number): void {
    partition.now.splice(partition.now.indexOf(id), 1);
    this.count(partition.topic, id, -1);
  }

  private load(id: number): number {
    return this.copies.get(id) ?? 0;
  }

  private topicLoad(topic: string, id: number): number {
    return this.ofTopic.get(`${topic} ${id}`) ?? 0;
  }

  private count(topic: string, id: number, change: 1 | -1): void {
    this.copies.set(id, this.load(id) + change);
    this.ofTopic.set(`${topic} ${id}`, this.topicLoad(topic, id) + change);
  }

  private countLeader([first]: readonly number[], change: 1 | -1): void {
    this.leads.set(first!, (this.leads.get(first!) ?? 0) + change);
  }
}
