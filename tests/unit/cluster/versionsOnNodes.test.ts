import * as pulumi from "@pulumi/pulumi";

import type * as apiServerModule from "../../../components/cluster/adminApiClient";
import type { AdminApiClient } from "../../../components/cluster/adminApiClient";
import { isUpgradeDue, upgradeNow } from "../../../components/cluster/versionsOnNodes";

let mockServer: AdminApiClient;
jest.mock("../../../components/cluster/adminApiClient", () => ({
  ...jest.requireActual<typeof apiServerModule>("../../../components/cluster/adminApiClient"),
  AdminApiClient: jest.fn(() => mockServer),
}));

const hosts = [{ name: "master", role: "control-plane" }] as const;
const node = (ready = "True") => ({
  metadata: { name: "master" },
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
  async function decide(version: string, isPreview: boolean, answers: AdminApiClient) {
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
    const due = await new Promise<boolean>((resolve) => {
      isUpgradeDue({ version, hosts, kubeconfig: pulumi.secret("kubeconfig") }).apply(resolve);
    });
    for (const spy of spies) spy.mockRestore();
    return { due, said };
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
    expect(await upgradeNow(server(), "1.34.4", hosts)).toBe("none");
    expect(asked).toEqual(["/api/v1/nodes", "/api/v1/namespaces/kube-system/pods"]);
  });

  test("is judged", async () => {
    expect(await upgradeNow(server(), "1.35.4", hosts)).toMatchObject({ refusals: [], warnings: [] });
    expect(asked.slice(2)).toEqual(["/api/v1/pods", "/metrics"]);
  });

  test.each(["/api/v1/nodes", "/api/v1/pods", "/metrics"])(
    "is unknown, with the reason, if it doesn't answer for %s",
    async (what) =>
      expect(
        await upgradeNow(
          server((path) => (path === what ? new Error("silent") : undefined)),
          "1.35.4",
          hosts,
        ),
      ).toEqual({
        unseen: "silent",
      }),
  );

  test("doesn't hide a mistake in the program", () =>
    expect(
      upgradeNow(
        server(() => new TypeError("not a function")),
        "1.35.4",
        hosts,
      ),
    ).rejects.toThrow(TypeError));
});

test("a change that is refused fails with all reasons", async () => {
  const judgement = await upgradeNow(server(undefined, [node("False")]), "1.35.4", hosts);
  expect(judgement).toMatchObject({ refusals: [expect.stringContaining("KK903")], plan: [] });
});
