import { kafkaImage } from "../../../components/artifacts/images";
import { actions, type HostAction } from "../../../components/cluster/actions";
import { composeScript, type ScriptInputs } from "../../../components/cluster/hostScript";
import { initConfig } from "../../../components/cluster/kubeadmConfig";
import { beforeUpgradeInputs, upgradeInputs } from "../../../components/cluster/steps/upgradePlan";
import { recordedOnHosts, recordedVersions } from "../../../stacks/recordedVersions";

const step = (action: HostAction, inputs: ScriptInputs) => ({
  type: "command:remote:Command",
  outputs: { stdin: composeScript("master", action, inputs) },
});
const prepare = (version: string) => step(actions.prepare, { ROLE: "control-plane", KUBERNETES_VERSION: version });
const init = (version: string) => {
  const settings = { version, endpoint: "api.lan", podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" };
  const config = initConfig(settings as Parameters<typeof initConfig>[0], "master", "10.0.0.4", []);
  return step(actions.init, { ADDRESS: "10.0.0.4", KUBEADM_CONFIG: config });
};
const beforeUpgrade = (version: string) => step(actions.beforeUpgrade, beforeUpgradeInputs("control-plane", version));
const upgrade = (version: string) =>
  step(actions.upgrade, upgradeInputs("control-plane", version, { kind: "upstream" }));
const statefulSet = (image: string, name = "kafka") => ({
  type: "kubernetes:apps/v1:StatefulSet",
  outputs: {
    metadata: { name },
    spec: {
      selector: { matchLabels: { "app.kubernetes.io/name": name } },
      template: { spec: { containers: [{ name, image }] } },
    },
  },
});
const other = { type: "pulumi:pulumi:Stack", outputs: {} };

describe("the Kubernetes that a stack runs", () => {
  test("is unknown before a host was prepared", () => {
    expect(recordedVersions([other]).kubernetes).toBeUndefined();
  });

  test("is what was installed, if an `up` ended before it has recorded a cluster", () => {
    expect(recordedVersions([other, prepare("1.35.4")]).kubernetes).toBe("1.35.4");
  });

  test("is what the cluster was made with, in a stack of a checkout without upgrades as well", () => {
    expect(recordedVersions([prepare("1.34.4"), init("1.34.4")]).kubernetes).toBe("1.34.4");
  });

  test("isn't what was only downloaded, or what a drain was for", () => {
    const begun = [prepare("1.35.4"), init("1.34.4"), beforeUpgrade("1.35.4")];
    expect(recordedVersions(begun).kubernetes).toBe("1.34.4");
    expect(recordedVersions([...begun, upgrade("1.34.4")]).kubernetes).toBe("1.34.4");
  });

  test("is the newest one that a host was upgraded to, since an upgrade can only be finished", () => {
    const hosts = [upgrade("1.34.4"), upgrade("1.35.4"), upgrade("1.34.4")];
    expect(recordedVersions([init("1.34.4"), ...hosts]).kubernetes).toBe("1.35.4");
  });

  test("is known of each host, as the last upgrade left it; none is there before a cluster", () => {
    const half = [upgrade("1.35.4"), beforeUpgrade("1.35.4"), upgrade("1.34.4")];
    expect(recordedOnHosts([prepare("1.35.4"), init("1.34.3"), ...half])).toEqual(["1.35.4", "1.34.4"]);
    expect(recordedOnHosts([other, prepare("1.35.4")])).toEqual([]);
  });
});

describe("the Kafka that a stack runs", () => {
  test("is unknown before there is a StatefulSet", () => {
    expect(recordedVersions([other, init("1.34.4")]).kafka).toBeUndefined();
  });

  test("isn't that of an application's StatefulSet", () => {
    expect(recordedVersions([statefulSet("docker.io/library/postgres:18", "postgres")]).kafka).toBeUndefined();
  });

  test("is the newest one of brokers and controllers", () => {
    const sets = ["4.3.9", "4.3.10"].map((version) => statefulSet(kafkaImage(version)));
    expect(recordedVersions(sets).kafka).toBe("4.3.10");
  });

  test("may be one that no checkout knows", () => {
    expect(recordedVersions([statefulSet("registry.lan:5000/kafka:ours")]).kafka).toBe("ours");
  });
});
