import { Unreachable } from "../../../../components/cluster/unreachable";
import { Fatal } from "../../../../components/failures";
import { Lease } from "../../../../components/programs/inPod/lease";

interface Stored {
  metadata: { name: string; resourceVersion: string };
  spec: { holderIdentity?: string | null; leaseDurationSeconds?: number; renewTime?: string };
}

/** An API server that stores one Lease, and refuses a change of an object that has changed since. */
class ApiServer {
  stored: Stored | undefined;
  /** Programs that don't reach the API server. */
  readonly away = new Set<string>();
  private version = 0;

  /** What a program sees of it. */
  seenBy(program: string) {
    const reach = async () => {
      await Promise.resolve();
      if (this.away.has(program)) throw new Unreachable("ECONNREFUSED");
    };
    return {
      find: async <T>() => {
        await reach();
        return structuredClone(this.stored) as T | undefined;
      },
      create: async (_path: string, body: unknown) => {
        await reach();
        if (this.stored) throw new Unreachable("it exists", 409);
        this.stored = { ...(body as Stored), metadata: { name: "moves", resourceVersion: String(++this.version) } };
      },
      patch: async (_path: string, body: unknown) => {
        await reach();
        const { metadata, spec } = body as Stored;
        if (metadata.resourceVersion !== this.stored?.metadata.resourceVersion) throw new Unreachable("changed", 409);
        this.stored.metadata.resourceVersion = String(++this.version);
        this.stored.spec = { ...this.stored.spec, ...spec };
      },
    };
  }
}

let apiServer: ApiServer;
const leaseOf = (holder: string) =>
  new Lease({ kubernetes: apiServer.seenBy(holder), namespace: "kafka", name: "moves", holder });
const seconds = (count: number) => jest.advanceTimersByTimeAsync(count * 1000);
const lasting = (count: number) => new Promise<void>((resolve) => setTimeout(resolve, count * 1000));

beforeEach(() => {
  apiServer = new ApiServer();
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

test.each([1, 13, 20])(
  "20 topics' Jobs end on a cluster with room for %i of their pods, one at a time, in whatever order they start",
  async (room) => {
    const waiting = Array.from({ length: 20 }, (_, i) => `topic-${(i * 7) % 20}`);
    let working = 0;
    let most = 0;
    const ended: string[] = [];
    const start = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        await leaseOf(name).hold(async () => {
          most = Math.max(most, ++working);
          await lasting(100);
          working--;
        });
        ended.push(name);
      }
    };
    void Promise.all(Array.from({ length: room }, start));
    await seconds(20 * 120);
    expect([ended.length, most]).toEqual([20, 1]);
  },
);

test("a holder may work for hours: it renews the lease", async () => {
  const fourHours = 4 * 3600;
  void leaseOf("a").hold(() => lasting(fourHours));
  await seconds(1);
  const work = jest.fn(async () => "moved");
  const second = leaseOf("b").hold(work);
  await seconds(fourHours - 10);
  expect(work).not.toHaveBeenCalled();
  await seconds(20);
  await expect(second).resolves.toBe("moved");
});

test("work that fails gives the lease up at once", async () => {
  const failing = leaseOf("a").hold(() => Promise.reject(new Error("no progress")));
  await expect(failing).rejects.toThrow("no progress");
  expect(apiServer.stored!.spec.holderIdentity).toBeNull();
});

test("a dead holder's lease expires, and no earlier than a minute after it was last renewed", async () => {
  void leaseOf("a").hold(() => lasting(1e6));
  await seconds(1);
  apiServer.away.add("a");
  const second = leaseOf("b").hold(async () => "moved");
  await seconds(55);
  expect(apiServer.stored!.spec.holderIdentity).toBe("a");
  await seconds(10);
  await expect(second).resolves.toBe("moved");
});

test("while the API server is away, no lease expires and no work ends", async () => {
  const first = leaseOf("a").hold(() => lasting(500));
  await seconds(1);
  const work = jest.fn(async () => undefined);
  const second = leaseOf("b").hold(work);
  await seconds(50);
  for (const program of ["a", "b"]) apiServer.away.add(program);
  await seconds(300);
  apiServer.away.delete("b"); // It reaches the API server first.
  await seconds(10);
  apiServer.away.delete("a");
  await seconds(60);
  expect(work).not.toHaveBeenCalled();
  await seconds(100);
  await first;
  await second;
});

test("a holder whose lease another one has taken over ends with that as the reason", async () => {
  const first = leaseOf("a")
    .hold(() => lasting(1000))
    .catch((error: unknown) => error);
  await seconds(1);
  apiServer.away.add("a");
  void leaseOf("b").hold(() => lasting(1000));
  await seconds(100);
  expect(apiServer.stored!.spec.holderIdentity).toBe("b");
  apiServer.away.delete("a");
  await seconds(20);
  const error = await first;
  expect(error).toBeInstanceOf(Fatal);
  expect((error as Error).message).toBe("b has moves now, since this pod could not renew it for 60 seconds");
});

test("an API server that refuses for long ends the wait with the reason", async () => {
  apiServer.away.add("a");
  const refused = expect(leaseOf("a").hold(async () => undefined)).rejects.toThrow(
    "the lease moves did not come true within 600 seconds: ECONNREFUSED",
  );
  await seconds(700);
  await refused;
});

test("the lease is one that Kubernetes accepts", async () => {
  await leaseOf("a").hold(async () =>
    expect(apiServer.stored).toMatchObject({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      spec: { leaseDurationSeconds: 60, renewTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) },
    }),
  );
});
