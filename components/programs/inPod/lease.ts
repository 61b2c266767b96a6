import { Fatal, mayHeal } from "../../failures";
import type { PodApiClient } from "./podApiClient";
import { Deadline } from "./waiting";

/** A holder that hasn't renewed its lease for so long has died. */
const LEASE_SECONDS = 60;
const POLL_SECONDS = 2;
/** The API server may be silent for so long. Holders may take days: each one ends itself if it makes no progress. */
const ANSWER_SECONDS = 600;

/** A Lease of Kubernetes, as far as it is used here. */
interface LeaseObject {
  metadata: { resourceVersion: string };
  spec: { holderIdentity?: string | null; renewTime?: string | null };
}

export interface LeaseArgs {
  kubernetes: Pick<PodApiClient, "find" | "create" | "patch">;
  namespace: string;
  /** Name of the Lease. It is created when it is first needed. */
  name: string;
  /** Name of the holder, unique among those that may hold it at the same time. */
  holder: string;
}

/**
 * A lock that one running program holds at a time. A program that hasn't started, or has died, blocks nobody: the lock is taken
 * when it is needed, and expires once its holder no longer renews it.
 *
 * Two holders may overlap for a moment if the API server is out of the first one's reach for a minute. So the lock orders work for
 * which that is harmless.
 *
 * @see https://kubernetes.io/docs/concepts/architecture/leases/
 */
export class Lease {
  private readonly leases: string;
  private readonly path: string;
  /** The other holder's last renewal, and when it was first read: clocks of nodes may differ, so none is compared. */
  private lastRenewal = { renewal: "", since: 0 };

  constructor(private readonly args: LeaseArgs) {
    this.leases = `/apis/coordination.k8s.io/v1/namespaces/${args.namespace}/leases`;
    this.path = `${this.leases}/${args.name}`;
  }

  /**
   * Does `work` while no other holder does.
   *
   * @throws Fatal if another holder has taken the lease over meanwhile; `work` may go on then
   */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    const deadline = new Deadline(ANSWER_SECONDS, POLL_SECONDS * 1000);
    await deadline.waitUntil(`the lease ${this.args.name}`, async () => {
      const holders = await this.take();
      deadline.progress();
      return holders;
    });
    const renewal = this.keepRenewed();
    try {
      return await Promise.race([work(), renewal.failure]);
    } finally {
      renewal.stop();
      await this.release();
    }
  }

  /** Takes or renews the lease. @returns the other holder, in words; empty if there is none any more */
  private async take(): Promise<string[]> {
    const found = await this.kubernetes.find<LeaseObject>(this.path).catch((error: Error) => {
      // A holder can't renew its lease either while the API server is away.
      this.lastRenewal = { renewal: "", since: 0 };
      throw error;
    });
    if (!found) {
      const { name } = this.args;
      const spec = heldBy(this.args.holder);
      await this.kubernetes.create(this.leases, { ...KIND, metadata: { name }, spec });
      return [];
    }
    const { holderIdentity, renewTime } = found.spec;
    if (holderIdentity && holderIdentity !== this.args.holder) {
      const renewal = `${holderIdentity} ${renewTime}`;
      if (renewal !== this.lastRenewal.renewal) this.lastRenewal = { renewal, since: performance.now() };
      if (performance.now() - this.lastRenewal.since <= LEASE_SECONDS * 1000)
        return [`${holderIdentity} has ${this.args.name}`];
    }
    await this.write(found, heldBy(this.args.holder));
    return [];
  }

  private keepRenewed(): { failure: Promise<never>; stop: () => void } {
    let timer: NodeJS.Timeout | undefined;
    const failure = new Promise<never>((_, reject) => {
      timer = setInterval(
        () => {
          // A request that fails is repeated at the next tick.
          this.renew().catch((error: Error) => {
            if (!mayHeal(error)) reject(error);
          });
        },
        (LEASE_SECONDS / 4) * 1000,
      );
    });
    return { failure, stop: () => clearInterval(timer) };
  }

  private async renew(): Promise<void> {
    const [holder] = await this.take();
    if (holder === undefined) return;
    throw new Fatal(`${holder} now, since this pod could not renew it for ${LEASE_SECONDS} seconds`);
  }

  /** Gives the lease up. If that fails, it expires. */
  private async release(): Promise<void> {
    try {
      const found = await this.kubernetes.find<LeaseObject>(this.path);
      if (found?.spec.holderIdentity === this.args.holder) await this.write(found, { holderIdentity: null });
    } catch (error) {
      if (!mayHeal(error)) throw error;
    }
  }

  /** Changes the lease, unless somebody else has changed it since it was read. */
  private write({ metadata: { resourceVersion } }: LeaseObject, spec: object): Promise<void> {
    return this.kubernetes.patch(this.path, { metadata: { resourceVersion }, spec });
  }

  private get kubernetes(): LeaseArgs["kubernetes"] {
    return this.args.kubernetes;
  }
}

const KIND = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };

function heldBy(holderIdentity: string): object {
  const now = `${new Date().toISOString().slice(0, -1)}000Z`; // Kubernetes wants microseconds.
  return { holderIdentity, leaseDurationSeconds: LEASE_SECONDS, renewTime: now };
}
