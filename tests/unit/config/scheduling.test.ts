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
  test("a worker, if control planes take no pods", () =>
    expect(waitedFor(false, container("worker"), container("second"))).toBe("worker"));

  test("a control plane that takes pods, since it is ready first", () =>
    expect(waitedFor(true, container("worker"))).toBe("master"));

  test("no host that repels pods", () =>
    expect(waitedFor(false, container("gpu", { taints: ["gpu:NoSchedule"] }), container("worker"))).toBe("worker"));

  test("the control plane, if it is the only host", () => expect(waitedFor(true)).toBe("master"));
});
