import * as pulumi from "@pulumi/pulumi";

import type * as apiServerModule from "../../../components/cluster/adminApiClient";
import { type Maintenance, NO_MAINTENANCE, REPORT_ANNOTATION } from "../../../components/cluster/maintenancePlan";
import type { AdminApiClient } from "../../../components/cluster/adminApiClient";
import {
  askAboutHosts,
  dueMaintenance,
  type DueMaintenance,
  type HostsNow,
} from "../../../components/cluster/versionsOnNodes";

let mockServer: AdminApiClient;
jest.mock("../../../components/cluster/adminApiClient", () => ({
  ...jest.requireActual<typeof apiServerModule>("../../../components/cluster/adminApiClient"),
  AdminApiClient: jest.fn(() => mockServer),
}));

const hosts = [{ name: "master", role: "control-plane" }] as const;
const newer = { version: "1.35.4", maintenance: NO_MAINTENANCE };
const node = (ready = "True", report?: object) => ({
  metadata: { name: "master", ...(report && { annotations: { [REPORT_ANNOTATION]: JSON.stringify(report) } }) },
  spec: {},
  status: {
    nodeInfo: { kubeletVersion: "v1.34.4", containerRuntimeVersion: "containerd://2.1.0" },
    conditions: [{ type: "Ready", status: ready }],
  },
});
const asked: string[] = [];
const server = (fails: (path: string) => Error | undefined = () => undefined, nodes = [node()], metrics = "") => {
  const answer = <T>(path: string, result: T): Promise<T> => {
    asked.push(path.split("?")[0]!);
    const error = fails(path);
    return error ? Promise.reject(error) : Promise.resolve(result);
  };
  return {
    list: (path: string) => answer(path, path.startsWith("/api/v1/nodes") ? nodes : []),
    getText: (path: string) => answer(path, metrics),
  } as unknown as AdminApiClient;
};
beforeEach(() => asked.splice(0));

describe("a program that wants a version", () => {
  /** What it decides, and what it says. */
  async function decide(
    version: string,
    isPreview: boolean,
    answers: AdminApiClient,
    reboot: Maintenance["reboot"] = "never",
  ) {
    mockServer = answers;
    await pulumi.runtime.setMocks(
      { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: ({ inputs }) => inputs },
      "project",
      "stack",
      isPreview,
    );
    const said: string[] = [];
    const spies = (["warn", "info"] as const).map((level) =>
      jest.spyOn(pulumi.log, level).mockImplementation((...[text]: [string, ...unknown[]]) => {
        said.push(`${level}: ${text}`);
        return Promise.resolve();
      }),
    );
    const { isDue: due, tasks } = await new Promise<DueMaintenance>((resolve) => {
      const kubeconfig = pulumi.secret("kubeconfig");
      dueMaintenance({
        wanted: { version, maintenance: { reboot, updates: "never" } },
        hosts,
        kubeconfig,
      }).apply(resolve);
    });
    for (const spy of spies) spy.mockRestore();
    return { due, said, ...(reboot !== "never" && { boot: tasks["master"]!.boot }) };
  }

  test("that all nodes have upgrades nothing, and says nothing", async () =>
    expect(await decide("1.34.4", true, server())).toEqual({ due: false, said: [] }));

  test("that is newer lists in its preview what will happen, and warns of APIs", async () => {
    const metrics =
      'apiserver_requested_deprecated_apis{group="a",removed_release="1.40",resource="bs",subresource="",version="v1"} 1\n';
    const answers = () => server(undefined, [node()], metrics);
    const warning = expect.stringMatching(/^warn: clients use APIs .*a\/v1 bs \(until 1.40\) \[KK909\]$/) as string;
    const plan = expect.stringMatching(/^info: Kubernetes 1\.34\.4 becomes 1\.35\.4\..*\n {2}1\. master: /) as string;
    expect(await decide("1.35.4", true, answers())).toEqual({ due: true, said: [warning, plan] });
    expect(await decide("1.35.4", false, answers())).toEqual({ due: true, said: [warning] });
  });

  test("and reboots lists in its preview which hosts will be rebooted, and why; their steps get the boot that ends", async () => {
    const report = { boot: "a", reboot: "runs the kernel 6.1.0-28, while 6.1.0-30 is installed" };
    const answers = () => server(undefined, [node("True", report)]);
    const plan = expect.stringMatching(
      /^info: One host .* rebooted and .*\n {2}1\. master: reboots \(runs the kernel 6/,
    ) as string;
    const boot = "a";
    expect(await decide("1.34.4", true, answers(), "when-needed")).toEqual({ due: true, said: [plan], boot });
    expect(await decide("1.34.4", false, answers(), "when-needed")).toEqual({ due: true, said: [], boot });
    expect(await decide("1.34.4", true, answers())).toEqual({ due: false, said: [] });
  });

  test("and reboots says in its preview which hosts haven't reported yet, and so may be rebooted", async () => {
    const said = [expect.stringMatching(/^info: master: has not reported yet .*\[KK986\]$/)];
    const boot = "";
    expect(await decide("1.34.4", true, server(), "when-needed")).toEqual({ due: false, said, boot });
    expect(await decide("1.34.4", false, server(), "when-needed")).toEqual({ due: false, said: [], boot });
  });

  test("and reboots warns if a reboot has not changed what it was for, and doesn't repeat it", async () => {
    const answers = server(undefined, [node("True", { boot: "b", remains: "runs the kernel 6.1.0-28" })]);
    const said = [expect.stringMatching(/^warn: master was rebooted, and still runs the kernel 6.*\[KK985\]$/)];
    expect(await decide("1.34.4", false, answers, "when-needed")).toEqual({ due: false, said, boot: "" });
  });

  test("keeps the hosts' order, and warns, if the API server doesn't answer", async () =>
    expect(
      await decide(
        "1.35.4",
        true,
        server(() => new Error("connect ECONNREFUSED")),
      ),
    ).toEqual({
      due: true,
      said: [expect.stringMatching(/^warn: It is unknown which Kubernetes .*\(connect ECONNREFUSED\)/)],
    }));
});

describe("what an API server says about an upgrade", () => {
  test("isn't asked in full if nothing changes", async () => {
    expect(await askAboutHosts(server(), { ...newer, version: "1.34.4" }, hosts)).not.toHaveProperty("judgement");
    expect(asked).toEqual(["/api/v1/nodes", "/api/v1/namespaces/kube-system/pods"]);
  });

  test("is judged", async () => {
    expect(await askAboutHosts(server(), newer, hosts)).toMatchObject({ judgement: { refusals: [], warnings: [] } });
    expect(asked.slice(2)).toEqual(["/api/v1/pods", "/metrics"]);
  });

  test.each(["/api/v1/nodes", "/api/v1/pods", "/metrics"])(
    "is unknown, with the reason, if it doesn't answer for %s",
    async (what) =>
      expect(
        await askAboutHosts(
          server((path) => (path === what ? new Error("silent") : undefined)),
          newer,
          hosts,
        ),
      ).toEqual({
        unseen: "silent",
      }),
  );

  test("doesn't hide a mistake in the program", () =>
    expect(
      askAboutHosts(
        server(() => new TypeError("not a function")),
        newer,
        hosts,
      ),
    ).rejects.toThrow(TypeError));
});

test("an add-on that is older than what runs is found without an upgrade, too", async () => {
  const addOn = { name: "Calico", path: "/apis/apps/v1/namespaces/kube-system/daemonsets", workload: "calico-node" };
  const workload = {
    metadata: { name: "calico-node" },
    spec: { template: { spec: { containers: [{ image: "x:v3.31.1" }] } } },
  };
  const otherwise = server();
  const answers = {
    list: (path: string) => (path === addOn.path ? Promise.resolve([workload]) : otherwise.list(path)),
  } as unknown as AdminApiClient;
  const found = await askAboutHosts(answers, { ...newer, version: "1.34.4" }, hosts, [
    { ...addOn, image: "x:v3.31.0" },
  ]);
  expect(found).toMatchObject({ refusals: [expect.stringContaining("KK989")] });
  expect(found).not.toHaveProperty("judgement");
});

test("a change that is refused fails with all reasons", async () => {
  const { judgement } = (await askAboutHosts(server(undefined, [node("False")]), newer, hosts)) as HostsNow;
  expect(judgement).toMatchObject({ refusals: [expect.stringContaining("KK903")], plan: [] });
});
