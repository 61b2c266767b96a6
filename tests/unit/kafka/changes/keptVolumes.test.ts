import {
  adoptVolumes,
  type BoundClaim,
  type ClaimedVolume,
  giveUp,
  policiesToChange,
  setPolicies,
  volumesLeft,
} from "../../../../components/kafka/changes/keptVolumes";
import type { ChangeTask } from "../../../../components/kafka/changes/task";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";

const task = {
  namespace: "kafka",
  pools: [{ name: "kafka", firstId: 0, count: 2 }],
  voters: [{ id: 0 }],
  formedMarker: "kafka-formed",
} as unknown as ChangeTask;

const claim = (name: string, volumeName?: string, deletionTimestamp?: string): BoundClaim => ({
  metadata: { name, ...(deletionTimestamp && { deletionTimestamp }) },
  spec: { ...(volumeName && { volumeName }) },
});
const volume = (name: string, policy: string): ClaimedVolume => ({
  metadata: { name },
  spec: { persistentVolumeReclaimPolicy: policy },
});

describe("a volume", () => {
  const policies = (...claims: BoundClaim[]) =>
    policiesToChange(task, claims, [volume("new", "Delete"), volume("kept", "Retain")]);

  test("of a planned node stays when its claim is deleted with the namespace", () =>
    expect(policies(claim("data-kafka-0", "new"), claim("data-1-kafka-1", "kept"))).toEqual([
      { volume: "new", policy: "Retain" },
    ]));
  test("of a removed node goes with its claim", () =>
    expect(policies(claim("data-kafka-2", "kept"))).toEqual([{ volume: "kept", policy: "Delete" }]));
  test("whose claim somebody deletes goes with it", () =>
    expect(policies(claim("data-kafka-0", "kept", "2026-11-28T20:00:00Z"))).toEqual([
      { volume: "kept", policy: "Delete" },
    ]));
  test("of others, or that isn't there yet, is left alone", () =>
    expect(policies(claim("data-other-0", "new"), claim("data-kafka-0"), claim("data-kafka-1", "unseen"))).toEqual([]));
});

/** An API server with these claims and volumes, which notes what is patched. */
function apiServer(claims: BoundClaim[], volumes: ClaimedVolume[], objects: string[] = []) {
  const patches: [string, unknown][] = [];
  const kubernetes = {
    list: async (path: string) => (path.endsWith("/persistentvolumes") ? volumes : claims),
    find: async (path: string) => objects.find((each) => path.endsWith(each)),
    patch: async (path: string, body: { spec: unknown }) => patches.push([path.split("/").at(-1)!, body.spec]),
  } as unknown as PodApiClient;
  return { kubernetes, patches };
}

test("policies are set on the volumes themselves", async () => {
  const { kubernetes, patches } = apiServer([claim("data-kafka-0", "new")], [volume("new", "Delete")]);
  await setPolicies(kubernetes, task);
  expect(patches).toEqual([["new", { persistentVolumeReclaimPolicy: "Retain" }]]);
});

test("a volume that is given up goes with its claim", async () => {
  const { kubernetes, patches } = apiServer([], []);
  await giveUp(kubernetes, [claim("data-kafka-0", "kept"), claim("data-kafka-1")]);
  expect(patches).toEqual([["kept", { persistentVolumeReclaimPolicy: "Delete" }]]);
});

describe("after the namespace was deleted", () => {
  const left = (
    name: string,
    of: string,
    more: Partial<{ namespace: string; phase: string; made: string }> = {},
  ): ClaimedVolume => ({
    metadata: { name, creationTimestamp: more.made ?? "2026-01-01T00:00:00Z" },
    spec: { claimRef: { namespace: more.namespace ?? "kafka", name: of }, persistentVolumeReclaimPolicy: "Retain" },
    status: { phase: more.phase ?? "Released" },
  });

  test("the volumes of planned nodes are found, and no others", () => {
    const volumes = [
      left("a", "data-kafka-0"),
      left("b", "data-1-kafka-1"),
      left("c", "data-kafka-2"),
      left("d", "data-kafka-0", { namespace: "other" }),
      left("e", "data-kafka-1", { phase: "Bound" }),
    ];
    expect([...volumesLeft(task, [], volumes)]).toEqual([
      ["data-kafka-0", "a"],
      ["data-1-kafka-1", "b"],
    ]);
  });

  test("of several volumes of a claim the newest counts, in whatever order they are listed", () => {
    const volumes = [left("newer", "data-kafka-0", { made: "2026-02-01T00:00:00Z" }), left("older", "data-kafka-0")];
    expect(volumesLeft(task, [], volumes).get("data-kafka-0")).toBe("newer");
  });

  test("a claim that exists again keeps its volume", () =>
    expect(volumesLeft(task, [claim("data-kafka-0", "new")], [left("old", "data-kafka-0")]).size).toBe(0));

  test("the next claims of these names get the volumes", async () => {
    const { kubernetes, patches } = apiServer([], [left("a", "data-kafka-0"), left("b", "data-kafka-1")]);
    expect(await adoptVolumes(kubernetes, task)).toEqual(["data-kafka-0", "data-kafka-1"]);
    const free = { claimRef: { uid: null, resourceVersion: null } };
    expect(patches).toEqual([
      ["a", free],
      ["b", free],
    ]);
  });

  test("nothing is given back without the first voter's volume, since it would start another quorum", async () => {
    const { kubernetes, patches } = apiServer([], [left("b", "data-kafka-1")]);
    await expect(adoptVolumes(kubernetes, task)).rejects.toThrow(/not that of data-kafka-0.*\[KK960\]/);
    expect(patches).toEqual([]);
    const told = apiServer([], [left("b", "data-kafka-1")], ["configmaps/kafka-formed"]);
    expect(await adoptVolumes(told.kubernetes, task)).toEqual(["data-kafka-1"]);
  });

  test("a run that was interrupted after the first voter's volume is continued", async () => {
    const given = left("a", "data-kafka-0", { phase: "Available" });
    const { kubernetes, patches } = apiServer([], [given, left("b", "data-kafka-1")]);
    expect(await adoptVolumes(kubernetes, task)).toEqual(["data-kafka-1"]);
    expect(patches.map(([name]) => name)).toEqual(["b"]);
  });

  test("a first cluster finds none", async () =>
    expect(await adoptVolumes(apiServer([], []).kubernetes, task)).toEqual([]));
});
