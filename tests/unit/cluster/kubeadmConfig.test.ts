import { loadAll } from "js-yaml";
import {
  type ClusterSettings,
  controlPlaneJoinConfig,
  fixedSettings,
  initConfig,
  joinConfig,
} from "../../../components/cluster/kubeadmConfig";

const settings = {
  version: "1.34.4",
  endpoint: "api.cluster.internal",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  scheduleOnControlPlane: false,
  encryptSecrets: true,
};
const parts = (text: string) => Object.fromEntries(loadAll(text).map((part: any) => [part.kind, part]));
const init = (changes: Partial<ClusterSettings> = {}, apiServers = ["127.0.0.1"]) =>
  parts(initConfig({ ...settings, ...changes }, "master-1", "10.0.0.1", apiServers));
const joinControlPlane = (changes: Partial<typeof settings> = {}) =>
  parts(controlPlaneJoinConfig({ ...settings, ...changes }, "master-2", "10.0.0.2", "c0ffee")).JoinConfiguration;

test("the control plane's endpoint is a name; the certificate is valid for it and for the address that Pulumi uses", () => {
  const { controlPlaneEndpoint, apiServer } = init({}, ["203.0.113.7", "203.0.113.8"]).ClusterConfiguration;
  expect(controlPlaneEndpoint).toBe("api.cluster.internal:6443");
  expect(apiServer.certSANs).toEqual(expect.arrayContaining(["api.cluster.internal", "203.0.113.7", "203.0.113.8"]));
});

test("no name is twice in the certificate", () => {
  const { certSANs } = init({}, ["127.0.0.1", "127.0.0.1"]).ClusterConfiguration.apiServer;
  expect(certSANs).toEqual([...new Set(certSANs)]);
});

test("kubeadm's taint stays unless pods may run on the control plane", () => {
  expect(init().InitConfiguration.nodeRegistration).not.toHaveProperty("taints");
  expect(init({ scheduleOnControlPlane: true }).InitConfiguration.nodeRegistration.taints).toEqual([]);
  expect(joinControlPlane().nodeRegistration).not.toHaveProperty("taints");
  expect(joinControlPlane({ scheduleOnControlPlane: true }).nodeRegistration.taints).toEqual([]);
});

test("the config sets a node's name and address, not the host, on control plane and worker", () => {
  for (const { nodeRegistration } of [
    init().InitConfiguration,
    parts(joinConfig("master-1", "10.0.0.1")).JoinConfiguration,
  ]) {
    expect(nodeRegistration.name).toBe("master-1");
    expect(nodeRegistration.kubeletExtraArgs).toEqual([{ name: "node-ip", value: "10.0.0.1" }]);
  }
});

test("a joining control plane starts its API server at its own address, a worker starts none", () => {
  expect(joinControlPlane().controlPlane).toEqual({
    localAPIEndpoint: { advertiseAddress: "10.0.0.2" },
    certificateKey: "c0ffee",
  });
  expect(parts(joinConfig("worker-1", "10.0.0.9")).JoinConfiguration).not.toHaveProperty("controlPlane");
});

test("a dedicated disk for etcd, which has lost+found, is accepted on a control plane", () => {
  for (const { nodeRegistration } of [init().InitConfiguration, joinControlPlane()])
    expect(nodeRegistration.ignorePreflightErrors).toEqual(["DirAvailable--var-lib-etcd"]);
  expect(parts(joinConfig("worker-1", "10.0.0.9")).JoinConfiguration.nodeRegistration).not.toHaveProperty(
    "ignorePreflightErrors",
  );
});

const audit = { enabled: true, maxAgeDays: 7, maxBackups: 3, maxSizeMegabytes: 50 };
const apiServerOf = (changes: object = {}) => {
  const { extraArgs, extraVolumes, extraEnvs } = init(changes).ClusterConfiguration.apiServer;
  const args = Object.fromEntries(extraArgs.map(({ name, value }: any) => [name, value]));
  return { args, volumes: extraVolumes.map(({ hostPath }: any) => hostPath), files: extraEnvs[0].value };
};

test("the API server gets the encryption config for Secrets, unless it is switched off", () => {
  const flag = "encryption-provider-config";
  expect(apiServerOf().args[flag]).toBe("/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml");
  expect(apiServerOf({ encryptSecrets: false }).args).not.toHaveProperty(flag);
});

test("the API server logs requests in rotated files, unless that is switched off", () => {
  const { args, volumes } = apiServerOf({ audit });
  expect(args).toMatchObject({
    "audit-log-path": "/var/log/kubeadm-kafka-audit/audit.log",
    "audit-log-maxage": "7",
    "audit-log-maxbackup": "3",
    "audit-log-maxsize": "50",
  });
  expect(volumes).toEqual(["/etc/kubernetes/kubeadm-kafka", "/var/log/kubeadm-kafka-audit"]);
  const without = apiServerOf({ audit: { ...audit, enabled: false } });
  expect(Object.keys(without.args).filter((name) => name.startsWith("audit"))).toEqual([]);
  expect(without.volumes).toEqual(["/etc/kubernetes/kubeadm-kafka"]);
});

test("another text of a file that the API server reads is another manifest, so that the API server restarts", () => {
  expect(apiServerOf({ audit }).files).not.toBe(apiServerOf().files);
  expect(apiServerOf({ audit }).files).toBe(apiServerOf({ audit: { ...audit, maxBackups: 4 } }).files);
});

test("kubeadm's admission plugin stays beside ours, since the flag replaces kubeadm's own", () => {
  expect(apiServerOf().args["enable-admission-plugins"].split(",")).toEqual(["NodeRestriction", "EventRateLimit"]);
});

test("no component of the control plane offers its profile", () => {
  const { apiServer, controllerManager, scheduler } = init().ClusterConfiguration;
  for (const { extraArgs } of [apiServer, controllerManager, scheduler]) {
    expect(extraArgs).toContainEqual({ name: "profiling", value: "false" });
  }
});

test("the API server reloads its keys if the config manages them, even where none encrypts", () => {
  const secretsEncryption = { keyGeneration: 2, provider: "secretbox" } as const;
  for (const encryptSecrets of [true, false]) {
    expect(init({ encryptSecrets, secretsEncryption }).ClusterConfiguration.apiServer.extraArgs).toEqual(
      expect.arrayContaining([
        { name: "encryption-provider-config", value: "/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml" },
        { name: "encryption-provider-config-automatic-reload", value: "true" },
      ]),
    );
  }
});

test("the API server gets the folder of a plug-in, also while a key replaces the plug-in", () => {
  const kms = { socket: "/run/kms/plugin.sock", timeoutSeconds: 3 };
  const volume = { hostPath: "/run/kms", mountPath: "/run/kms", readOnly: true, pathType: "DirectoryOrCreate" };
  for (const provider of ["kms", "secretbox"] as const) {
    const { apiServer } = init({ secretsEncryption: { keyGeneration: 1, provider, kms } }).ClusterConfiguration;
    expect(apiServer.extraVolumes).toContainEqual({ name: "kms-plugin", ...volume });
  }
  expect(JSON.stringify(init())).not.toContain("kms-plugin");
});

test("encryption may change on a running cluster if the config manages the key", () => {
  const managed = { ...settings, secretsEncryption: { keyGeneration: 1, provider: "secretbox" } } as const;
  expect(fixedSettings(managed)).toBe(fixedSettings({ ...managed, encryptSecrets: false }));
  expect(fixedSettings(managed)).not.toContain("encryptSecrets");
});

test("settings that can change on a running cluster are not among the fixed ones", () => {
  expect(fixedSettings({ ...settings, scheduleOnControlPlane: true, version: "1.35.0" })).toBe(fixedSettings(settings));
  expect(fixedSettings({ ...settings, podCidr: "10.0.0.0/16" })).not.toBe(fixedSettings(settings));
  expect(fixedSettings({ ...settings, encryptSecrets: false })).not.toBe(fixedSettings(settings));
});

test("kubeadm is told how long certificates are valid only if that differs from its default, so that no cluster changes", () => {
  const validityOf = (validity: number) =>
    init({ certificateTimes: { validity, renewBefore: 60 } }).ClusterConfiguration.certificateValidityPeriod;
  expect([31_536_000, 86_400].map(validityOf)).toEqual([undefined, "24h0m0s"]);
});
