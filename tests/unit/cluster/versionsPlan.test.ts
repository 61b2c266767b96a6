import { NO_MAINTENANCE, REPORT_ANNOTATION } from "../../../components/cluster/maintenancePlan";
import {
  isAnythingDue,
  isReachable,
  judgeUpgrade as judge,
  newestPatches,
  type RunningCluster,
  type RunningNode,
  type RunningPod,
  tasksOf,
  uselessReboots,
  UPGRADE_ANNOTATION,
  withoutReport,
} from "../../../components/cluster/versionsPlan";
import { refusals as inStory } from "../../e2e/years/refusals";

const hosts = [
  { name: "worker-1", role: "worker" },
  { name: "master", role: "control-plane" },
  { name: "worker-2", role: "worker" },
] as const;

/** Judges an upgrade without reboots. */
const judgeUpgrade = (version: string, listed: Parameters<typeof judge>[1], running: RunningCluster) =>
  judge({ version, maintenance: NO_MAINTENANCE }, listed, running);

interface NodeFacts {
  report?: object;
  ready?: string;
  cordoned?: boolean;
  begun?: boolean;
  runtime?: string;
}

const node = (name: string, version: string, facts: NodeFacts = {}): RunningNode => ({
  metadata: {
    name,
    annotations: {
      ...(facts.begun && { [UPGRADE_ANNOTATION]: "cordoned" }),
      ...(facts.report && { [REPORT_ANNOTATION]: JSON.stringify(facts.report) }),
    },
  },
  spec: { ...(facts.cordoned && { unschedulable: true }) },
  status: {
    nodeInfo: { kubeletVersion: `v${version}`, containerRuntimeVersion: facts.runtime ?? "containerd://2.1.0" },
    conditions: [{ type: "Ready", status: facts.ready ?? "True" }],
  },
});

interface PodFacts {
  on?: string | undefined;
  namespace?: string;
  labels?: Record<string, string>;
  owner?: string;
  ready?: string;
  image?: string;
  phase?: string;
  mirror?: boolean;
}

const pod = (name: string, facts: PodFacts = {}): RunningPod => ({
  metadata: {
    name,
    namespace: facts.namespace ?? "default",
    ...(facts.labels && { labels: facts.labels }),
    ...(facts.mirror && { annotations: { "kubernetes.io/config.mirror": "x" } }),
    ...(facts.owner && { ownerReferences: [{ kind: facts.owner, controller: true }] }),
  },
  spec: { ...(facts.on !== undefined && { nodeName: facts.on }), containers: [{ image: facts.image ?? "x" }] },
  status: { phase: facts.phase ?? "Running", conditions: [{ type: "Ready", status: facts.ready ?? "True" }] },
});

const apiServer = (on: string, version: string) =>
  pod(`kube-apiserver-${on}`, {
    on,
    namespace: "kube-system",
    image: `registry.k8s.io/kube-apiserver:v${version}`,
    labels: { tier: "control-plane" },
    mirror: true,
    owner: "Node",
  });

/** A sound cluster of one control plane and two workers. */
const cluster = (version: string, changes: Partial<RunningCluster> = {}): RunningCluster => ({
  nodes: ["master", "worker-1", "worker-2"].map((name) => node(name, version)),
  apiServers: [apiServer("master", version)],
  pods: [],
  metrics: "",
  ...changes,
});

const refusals = (wanted: string, running: RunningCluster) => judgeUpgrade(wanted, hosts, running).refusals;
const codes = (wanted: string, running: RunningCluster) =>
  refusals(wanted, running).map((text) => /\[(KK\d+)\]$/.exec(text)![1]);

describe("whether anything is to be upgraded", () => {
  test.each<[string, boolean, RunningCluster]>([
    ["a cluster at the version", false, cluster("1.35.4")],
    ["a cluster without nodes yet", false, cluster("1.35.4", { nodes: [], apiServers: [] })],
    ["an older cluster", true, cluster("1.34.4")],
    ["a newer cluster", true, cluster("1.36.3")],
    [
      "an API server that an upgrade has left behind",
      true,
      cluster("1.35.4", { apiServers: [apiServer("master", "1.34.4")] }),
    ],
    ["somebody's own node", false, cluster("1.35.4", { nodes: [node("theirs", "1.33.0")] })],
  ])("%s: %p", (_, expected, running) =>
    expect(isAnythingDue({ version: "1.35.4", maintenance: NO_MAINTENANCE }, hosts, running)).toBe(expected),
  );
});

describe("versions", () => {
  test("a patch, and the next minor version, are allowed", () => {
    expect(refusals("1.34.5", cluster("1.34.4"))).toEqual([]);
    expect(refusals("1.35.4", cluster("1.34.4"))).toEqual([]);
  });

  test("a minor version can't be skipped; the refusal has the path", () =>
    expect(refusals("1.37.2", cluster("1.34.4"))).toEqual([
      "kubernetes.version is 1.37.2, and master runs 1.34.4: Kubernetes is upgraded by one minor version at a time. Set it to 1.35.4 " +
        "and run up, and go on so: 1.34.4 -> 1.35.4 -> 1.36.3 -> 1.37.2. Nothing was touched. [KK901]",
    ]));

  test("the path has the newest patch of each minor version in between, and no patch of the running one", () => {
    expect(refusals("1.36.3", cluster("1.33.9"))[0]).toContain(": 1.33.9 -> 1.34.4 -> 1.35.4 -> 1.36.3.");
    expect(refusals("1.36.3", cluster("1.34.3"))[0]).toContain(": 1.34.3 -> 1.35.4 -> 1.36.3.");
    expect(newestPatches(["1.9.9", "1.9.10", "1.10.0"])).toEqual(["1.9.10", "1.10.0"]);
  });

  test("an upgrade has to be finished before the next minor version", () => {
    const nodes = [node("master", "1.35.4"), node("worker-1", "1.35.4"), node("worker-2", "1.34.4")];
    const half = cluster("1.35.4", { nodes });
    expect(refusals("1.36.3", half)).toEqual([expect.stringMatching("worker-2 runs 1.34.4.*1.35.4 and run up.*KK901")]);
    expect(refusals("1.35.4", half)).toEqual([]);
  });

  test("a downgrade is refused, of a patch as well, and of an upgrade that has begun", () => {
    expect(refusals("1.34.4", cluster("1.34.5"))).toEqual([
      "kubernetes.version is 1.34.4, and master runs 1.34.5 already: Kubernetes can't be downgraded. Set it to 1.34.5. Nothing was " +
        "touched. [KK900]",
    ]);
    const half = cluster("1.34.4", { apiServers: [apiServer("master", "1.35.4")] });
    expect(refusals("1.34.4", half)).toEqual([
      expect.stringContaining("master runs 1.35.4 already, and master still 1.34.4"),
    ]);
  });

  test("versions are compared as numbers", () => {
    expect(codes("1.34.10", cluster("1.34.9"))).toEqual([]);
    expect(codes("1.34.9", cluster("1.34.10"))).toEqual(["KK900"]);
  });

  test("a version is reachable from exactly those that no refusal of the path names", () => {
    for (const wanted of ["1.34.4", "1.35.4", "1.36.3"])
      for (const version of ["1.33.9", "1.34.3", "1.34.4", "1.35.4", "1.36.4"]) {
        const refused = codes(wanted, cluster(version)).some((code) => code === "KK900" || code === "KK901");
        expect([wanted, version, isReachable(wanted, [wanted, version])]).toEqual([wanted, version, !refused]);
      }
  });

  test("the kubelet of a node that the config doesn't have may be three minor versions older, not four", () => {
    const withTheirs = (version: string) =>
      cluster("1.36.3", { nodes: [...cluster("1.36.3").nodes, node("theirs", version)] });
    expect(codes("1.37.2", withTheirs("1.34.0"))).toEqual([]);
    expect(codes("1.37.2", withTheirs("1.33.9"))).toEqual(["KK902"]);
  });

  test("a control plane can't join during an upgrade; a worker can", () => {
    const more = [...hosts, { name: "master-2", role: "control-plane" }, { name: "worker-3", role: "worker" }] as const;
    expect(judgeUpgrade("1.35.4", more, cluster("1.34.4")).refusals).toEqual([
      expect.stringMatching(/^master-2 would join as a control plane during the upgrade.*KK908\]$/),
    ]);
    expect(judgeUpgrade("1.35.4", [...hosts, more[4]], cluster("1.34.4")).refusals).toEqual([]);
  });
});

test("refusals are those that the story of upgrades waits for", () => {
  expect(refusals("1.36.3", cluster("1.34.4"))[0]).toMatch(inStory.skippedMinor(["1.34.4", "1.35.4", "1.36.3"]));
  expect(refusals("1.34.4", cluster("1.35.4"))[0]).toMatch(inStory.downgrade);
  const nodes = [node("master", "1.34.4"), node("worker-1", "1.34.4", { ready: "Unknown" })];
  expect(refusals("1.35.4", cluster("1.34.4", { nodes }))[0]).toMatch(inStory.notReady("worker-1"));
});

describe("a cluster that isn't well", () => {
  const withNode = (facts: NodeFacts, pods: RunningPod[] = []) =>
    cluster("1.34.4", {
      nodes: [node("master", "1.34.4"), node("worker-1", "1.34.4"), node("worker-2", "1.34.4", facts)],
      pods,
    });

  test.each(["False", "Unknown"])("isn't upgraded while a node's readiness is %s", (ready) =>
    expect(refusals("1.35.4", withNode({ ready }))).toEqual([
      expect.stringMatching(/^worker-2 isn't Ready.*kubectl describe node worker-2.*KK903\]$/),
    ]),
  );

  test("is upgraded further if the node isn't ready because its own upgrade was interrupted", () => {
    const proxy = { labels: { "k8s-app": "kube-proxy" }, namespace: "kube-system", owner: "DaemonSet", ready: "False" };
    const dns = { labels: { "k8s-app": "kube-dns" }, namespace: "kube-system", owner: "ReplicaSet", ready: "False" };
    const pods = [pod("kube-proxy-x", { ...proxy, on: "worker-2" }), pod("coredns-x", { ...dns, on: undefined })];
    expect(codes("1.35.4", withNode({ ready: "False", cordoned: true, begun: true }, pods))).toEqual([]);
    expect(codes("1.35.4", withNode({}, pods))).toEqual(["KK904", "KK904"]);
  });

  test("is upgraded without a node that is lost", () => {
    const lost = hosts.map((host) => ({ ...host, lost: host.name === "worker-2" }));
    const onLost = {
      on: "worker-2",
      labels: { "k8s-app": "kube-proxy" },
      namespace: "kube-system",
      owner: "DaemonSet",
    };
    const dead = withNode({ ready: "Unknown" }, [pod("kube-proxy-x", { ...onLost, ready: "False" })]);
    expect(judgeUpgrade("1.35.4", lost, dead).refusals).toEqual([]);
  });

  test("says of a dead node which change lets the upgrade go on: to call it lost, or to remove it before", () => {
    const refusal = (listed: Parameters<typeof judgeUpgrade>[1]) =>
      judgeUpgrade("1.35.4", listed, withNode({ ready: "Unknown" })).refusals;
    expect(refusal(hosts)).toEqual([expect.stringContaining("call it lost in the config (lost: true). Nothing")]);
    const without = hosts.filter(({ name }) => name !== "worker-2");
    expect(refusal(without)).toEqual([expect.stringMatching(/If up is to remove it, set kubernetes.version,.* back/)]);
  });

  test("isn't upgraded while a component isn't ready; others' pods don't count", () => {
    const etcd = {
      labels: { tier: "control-plane" },
      namespace: "kube-system",
      ready: "False",
      on: "master",
      mirror: true,
    };
    const pods = [
      pod("etcd-master", { ...etcd, owner: "Node" }),
      pod("theirs", { namespace: "kube-system", ready: "False", on: "master", owner: "ReplicaSet" }),
    ];
    expect(refusals("1.35.4", withNode({}, pods))).toEqual([
      expect.stringMatching(/^the pod etcd-master isn't ready.*kubectl describe pod etcd-master.*KK904\]$/),
    ]);
  });
});

describe("APIs that clients use", () => {
  const metrics = (removed: string) =>
    "# HELP apiserver_requested_deprecated_apis [STABLE] Gauge of deprecated APIs\n" +
    `apiserver_requested_deprecated_apis{group="storage.k8s.io",removed_release="${removed}",resource="volumes",subresource="",version="v1beta1"} 1\n` +
    'apiserver_request_total{code="200"} 1\n';

  test.each(["1.35", "1.34"])(
    "stop the upgrade to a version that doesn't have them any more (removed in %s)",
    (removed) =>
      expect(refusals("1.35.4", cluster("1.34.4", { metrics: metrics(removed) }))).toEqual([
        expect.stringMatching(/^a client uses the API storage.k8s.io\/v1beta1 volumes, .*KK905\]$/),
      ]),
  );

  test("are listed if a later version removes them", () =>
    expect(judgeUpgrade("1.35.4", hosts, cluster("1.34.4", { metrics: metrics("1.36") }))).toMatchObject({
      refusals: [],
      warnings: [
        "clients use APIs that a later Kubernetes doesn't have any more: storage.k8s.io/v1beta1 volumes (until 1.36) [KK909]",
      ],
    }));

  test("aren't mentioned if nobody plans to remove them", () =>
    expect(judgeUpgrade("1.35.4", hosts, cluster("1.34.4", { metrics: metrics("") }))).toMatchObject({
      refusals: [],
      warnings: [],
    }));
});

describe("pods", () => {
  const running = (...pods: RunningPod[]) => cluster("1.34.4", { pods });
  const cordoned = (...pods: RunningPod[]) => ({
    ...running(...pods),
    nodes: [node("master", "1.34.4"), node("worker-1", "1.34.4"), node("worker-2", "1.34.4", { cordoned: true })],
  });

  test("without a controller would be lost, so they stop the upgrade", () =>
    expect(refusals("1.35.4", running(pod("shell", { on: "worker-1" })))).toEqual([
      "the pod default/shell on worker-1 has no controller that would make it again: delete it. Nothing was " +
        "touched. [KK906]",
    ]));

  test("that a controller makes again, static ones and finished ones stop nothing", () =>
    expect(
      refusals(
        "1.35.4",
        running(
          pod("kafka-0", { on: "worker-1", owner: "StatefulSet" }),
          pod("static", { on: "worker-1", mirror: true }),
          pod("done", { on: "worker-1", phase: "Succeeded" }),
          pod("waiting", {}),
        ),
      ),
    ).toEqual([]));

  test("of a node that an administrator has cordoned could not return, so they stop the upgrade", () =>
    expect(
      refusals("1.35.4", cordoned(pod("kafka-0", { on: "worker-2", namespace: "kafka", owner: "StatefulSet" }))),
    ).toEqual([
      expect.stringMatching(/^worker-2 is cordoned.*: kafka\/kafka-0\. .*kubectl uncordon worker-2.*KK907\]$/),
    ]));

  test("a cordoned node without such pods is upgraded, and so is one that the upgrade itself has cordoned", () => {
    expect(refusals("1.35.4", cordoned(pod("agent", { on: "worker-2", owner: "DaemonSet" })))).toEqual([]);
    const begun = cordoned(pod("kafka-0", { on: "worker-2", owner: "StatefulSet" }));
    begun.nodes[2] = node("worker-2", "1.34.4", { cordoned: true, begun: true });
    expect(refusals("1.35.4", begun)).toEqual([]);
  });
});

describe("the plan that a preview shows", () => {
  const plan = (wanted: string, running: RunningCluster, listed: Parameters<typeof judgeUpgrade>[1] = hosts) =>
    judgeUpgrade(wanted, listed, running).plan;

  test("has the order, control planes first, and what restarts", () =>
    expect(plan("1.35.4", cluster("1.34.4"))).toEqual([
      "Kubernetes 1.34.4 becomes 1.35.4. One host after the other is drained, upgraded and ready again before the next; pods whose " +
        "volumes are on the host wait for it:",
      "  1. master: etcd, API server, controller manager and scheduler restart, and then the kubelet",
      "  2. worker-1: the kubelet restarts",
      "  3. worker-2: the kubelet restarts",
      "The only control plane's API doesn't answer while it restarts, for about a minute; pods run on.",
      "CoreDNS and kube-proxy are replaced once all control planes are upgraded.",
    ]));

  test("of an interrupted upgrade has only what is left", () => {
    const half = cluster("1.35.4", {
      nodes: [node("master", "1.35.4"), node("worker-1", "1.34.4"), node("worker-2", "1.34.4", { begun: true })],
    });
    expect(plan("1.35.4", half).filter((line) => /^ /.test(line))).toEqual([
      "  1. worker-1: the kubelet restarts",
      "  2. worker-2: the kubelet restarts",
    ]);
    expect(plan("1.35.4", half).join()).not.toContain("only control plane");
  });

  test("is empty where the upgrade is refused", () =>
    expect(plan("1.35.4", cluster("1.34.4", { pods: [pod("shell", { on: "worker-1" })] }))).toEqual([]));

  test("says that containerd 1 has to go before the version that needs 2", () => {
    const nodes = [node("master", "1.36.3", { runtime: "containerd://1.7.24" }), node("worker-1", "1.36.3")];
    const warnings = (wanted: string, running: string) =>
      judgeUpgrade(wanted, hosts, cluster(running, { nodes })).warnings;
    expect(warnings("1.37.2", "1.36.3")).toEqual(["master will need containerd 2 for Kubernetes 1.38"]);
    expect(warnings("1.36.3", "1.36.3")).toEqual([]);
  });
});

describe("reboots", () => {
  const needed = { boot: "a", reboot: "runs the kernel 6.1.0-28, while 6.1.0-30 is installed" };
  const maintenance = { reboot: "when-needed", updates: "never" } as const;
  const wanted = (version: string) => ({ version, maintenance });
  const reporting = (version: string, reports: Record<string, object>, changes: Partial<RunningCluster> = {}) =>
    cluster(version, {
      nodes: ["master", "worker-1", "worker-2"].map((name) =>
        node(name, version, { report: reports[name] ?? { boot: "b" } }),
      ),
      ...changes,
    });
  const two = reporting("1.35.4", { "worker-2": needed, master: needed });

  test("are due on hosts that say so, if they are allowed", () => {
    expect(isAnythingDue(wanted("1.35.4"), hosts, two)).toBe(true);
    expect(isAnythingDue({ version: "1.35.4", maintenance: NO_MAINTENANCE }, hosts, two)).toBe(false);
    expect(isAnythingDue(wanted("1.35.4"), hosts, reporting("1.35.4", {}))).toBe(false);
  });

  test("of somebody's own node, or of a lost host, aren't due", () => {
    const theirs = { ...two, nodes: [...reporting("1.35.4", {}).nodes, node("theirs", "1.35.4", { report: needed })] };
    expect(isAnythingDue(wanted("1.35.4"), hosts, theirs)).toBe(false);
    const lost = hosts.map((host) => ({ ...host, lost: true }));
    expect(isAnythingDue(wanted("1.35.4"), lost, two)).toBe(false);
  });

  test("are listed with their reasons, control planes first, and without an upgrade", () =>
    expect(judge(wanted("1.35.4"), hosts, two)).toEqual({
      refusals: [],
      warnings: [],
      plan: [
        "One host after the other is drained, rebooted and ready again before the next; pods whose volumes are on the host wait for it:",
        "  1. master: reboots (runs the kernel 6.1.0-28, while 6.1.0-30 is installed)",
        "  2. worker-2: reboots (runs the kernel 6.1.0-28, while 6.1.0-30 is installed)",
        "The only control plane's API doesn't answer while it reboots; pods run on.",
      ],
    }));

  test("go with an upgrade, so that a host is drained once", () =>
    expect(judge(wanted("1.35.4"), hosts, reporting("1.34.4", { "worker-1": needed })).plan.slice(0, 3)).toEqual([
      "Kubernetes 1.34.4 becomes 1.35.4. One host after the other is drained, upgraded or rebooted and ready again before the next; " +
        "pods whose volumes are on the host wait for it:",
      "  1. master: etcd, API server, controller manager and scheduler restart, and then the kubelet",
      "  2. worker-1: the kubelet restarts; reboots (runs the kernel 6.1.0-28, while 6.1.0-30 is installed)",
    ]));

  test("are refused for what an eviction would lose on these hosts, and for nodes that aren't well, not for old APIs", () => {
    const metrics =
      'apiserver_requested_deprecated_apis{removed_release="1.30",resource="volumes",version="v1beta1"} 1\n';
    const codesOf = (changes: Partial<RunningCluster>) =>
      judge(wanted("1.35.4"), hosts, { ...two, ...changes }).refusals.map((text) => /\[(KK\d+)\]$/.exec(text)![1]);
    expect(codesOf({ metrics })).toEqual([]);
    expect(codesOf({ pods: [pod("shell", { on: "worker-1" })] })).toEqual([]);
    expect(codesOf({ pods: [pod("shell", { on: "worker-2" })] })).toEqual(["KK906"]);
    const down = [...two.nodes.slice(0, 2), node("worker-2", "1.35.4", { report: needed, ready: "Unknown" })];
    expect(codesOf({ nodes: down })).toEqual(["KK903"]);
  });

  test("give only the steps of due hosts another task", () =>
    expect(tasksOf(wanted("1.35.4"), two)).toEqual({
      master: { boot: "a", updates: "" },
      "worker-1": { boot: "", updates: "" },
      "worker-2": { boot: "a", updates: "" },
    }));

  test("can't be judged without a report, and don't happen again for what one hasn't changed", () => {
    const remains = reporting("1.35.4", { master: { boot: "b", remains: "runs the kernel 6.1.0-28" } });
    expect(isAnythingDue(wanted("1.35.4"), hosts, remains)).toBe(false);
    expect(uselessReboots(wanted("1.35.4"), remains)).toEqual([
      expect.stringMatching(/^master was rebooted.*KK985\]$/),
    ]);
    expect(withoutReport(wanted("1.35.4"), hosts, cluster("1.35.4"))).toEqual(["master", "worker-1", "worker-2"]);
    expect(withoutReport({ version: "1.35.4", maintenance: NO_MAINTENANCE }, hosts, cluster("1.35.4"))).toEqual([]);
  });
});

describe("updates of packages", () => {
  const both = { version: "1.35.4", maintenance: { reboot: "when-needed", updates: "newest" } } as const;
  const reports: Record<string, object> = {
    master: { boot: "a", updates: "containerd=1.7.24-1" },
    "worker-1": { boot: "a" },
    "worker-2": {
      boot: "a",
      updates: "containerd=1.7.24-1 runc=1.1.15-1",
      reboot: "has packages that ask for a reboot",
    },
  };
  const nodes = Object.entries(reports).map(([name, report]) => node(name, "1.35.4", { report }));
  const updated = cluster("1.35.4", { nodes });

  test("are due only where they are wanted", () => {
    expect(isAnythingDue(both, hosts, updated)).toBe(true);
    expect(isAnythingDue({ ...both, maintenance: NO_MAINTENANCE }, hosts, updated)).toBe(false);
    expect(isAnythingDue(both, hosts, cluster("1.35.4", { nodes: nodes.slice(1, 2) }))).toBe(false);
  });

  test("are listed with their versions, and a host is drained once for them and its reboot", () =>
    expect(judge(both, hosts, updated).plan).toEqual([
      "One host after the other is drained, updated or rebooted and ready again before the next; pods whose volumes are on the host wait " +
        "for it:",
      "  1. master: gets containerd=1.7.24-1, and the kubelet restarts",
      "  2. worker-2: gets containerd=1.7.24-1, runc=1.1.15-1, and the kubelet restarts; reboots (has packages that ask for a reboot)",
    ]));
});
