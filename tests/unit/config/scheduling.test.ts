import { parseConfig } from "../../../config/parseConfig";
import { firstPodHost } from "../../../config/scheduling";

const container = (name: string, changes = {}) => ({ name, role: "worker" as const, ...changes });
const waitedFor = (scheduleOnControlPlane: boolean, ...workers: ReturnType<typeof container>[]) => {
  const containers = [...workers, container("master", { role: "control-plane" })].map((host, index) => ({
    ...host,
    address: `172.30.0.${index + 10}`,
  }));
  const { kubernetes, hosts } = parseConfig("dev", {
    hosts: { containers },
    kubernetes: { scheduleOnControlPlane },
    kafka: { brokers: 1 },
  });
  return firstPodHost(kubernetes, hosts.containers!)?.name;
};

describe("pods wait for", () => {
  test("a worker, where control planes take none", () =>
    expect(waitedFor(false, container("worker"), container("second"))).toBe("worker"));

  test("a control plane, where it takes them: it is a node first", () =>
    expect(waitedFor(true, container("worker"))).toBe("master"));

  test("no host that repels them", () =>
    expect(waitedFor(false, container("gpu", { taints: ["gpu:NoSchedule"] }), container("worker"))).toBe("worker"));

  test("the control plane, where it is all there is", () => expect(waitedFor(true)).toBe("master"));
});
