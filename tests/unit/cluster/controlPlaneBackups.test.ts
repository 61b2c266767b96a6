import * as pulumi from "@pulumi/pulumi";

import { ControlPlaneBackups } from "../../../components/cluster/controlPlaneBackups";
import { KubeadmCluster } from "../../../components/cluster/kubeadmCluster";
import type { BackupSettings } from "../../../components/cluster/steps/backupsPlan";
import { existingHosts } from "../../../components/hosts/existingHosts";
import { clusterSettings } from "../../support/preflight";
import { outputsOf } from "../../support/standIns";

const settings: BackupSettings = { enabled: true, every: "6h", keep: { count: 12, days: 30 } };
const s3 = {
  endpoint: "https://s3.example.com",
  bucket: "backups",
  prefix: "",
  region: "us-east-1",
  accessKeyId: "AKID",
  secretAccessKey: "c0nfidential",
};

/** Inputs of all commands that backups declare on two control planes, by name. */
async function declared(backups: BackupSettings, known?: string): Promise<Map<string, { stdin?: unknown }>> {
  const commands = new Map<string, { stdin?: unknown }>();
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      if (/-backups$|-backup-key$|-backup-of-kafka$/.test(name) && type.startsWith("command:"))
        commands.set(name, inputs);
      return { id: name, state: outputsOf({ type, name, inputs }) };
    },
    call: ({ inputs }) => inputs,
  });
  await pulumi.runtime.runInPulumiStack(async () => {
    const ssh = { hostKey: "ssh-ed25519 AAAA" };
    const hosts = existingHosts(
      {
        hosts: [
          { name: "master", role: "control-plane", address: "10.0.0.4", ssh },
          { name: "second", role: "control-plane", address: "10.0.0.5", ssh },
          { name: "worker", role: "worker", address: "10.0.0.6", ssh },
        ],
        ssh: { user: "root", port: 22, agent: true },
        privateKey: pulumi.output(""),
      },
      {},
    );
    const rest = { podImages: [], source: { kind: "upstream" }, packages: "remove" } as const;
    const cluster = new KubeadmCluster("c", { ...clusterSettings, ...rest, hosts });
    const workload = known === undefined ? undefined : { known, resource: cluster };
    new ControlPlaneBackups("backups", { cluster, settings: backups, workload }, {});
    return {};
  });
  await pulumi.runtime.disconnect();
  return commands;
}

const isSecret = (value: unknown): boolean =>
  (value as Record<string, unknown>)[pulumi.runtime.specialSigKey] === pulumi.runtime.specialSecretSig;

test("each control plane writes backups, to the stack's own certificate", async () => {
  const commands = await declared(settings);
  expect([...commands.keys()].sort()).toEqual(["c-backup-key", "c-master-backups", "c-second-backups"]);
  expect(commands.get("c-master-backups")!.stdin).toContain("-----BEGIN CERTIFICATE-----\nof c-backup-key");
});

test("no host gets the private key", async () => {
  const scripts = JSON.stringify([...(await declared(settings))].map(([, { stdin }]) => stdin));
  expect(scripts).not.toContain("PRIVATE KEY of c-backup-key");
});

test("the key of a bucket is a secret of the state", async () => {
  const { stdin } = (await declared({ ...settings, s3 })).get("c-master-backups")!;
  expect(JSON.stringify(stdin)).toContain(s3.secretAccessKey);
  expect(isSecret(stdin)).toBe(true);
  expect(isSecret((await declared(settings)).get("c-master-backups")!.stdin)).toBe(false);
});

test("without backups, and with another certificate, the key that reads earlier ones stays", async () => {
  expect([...(await declared({ ...settings, enabled: false })).keys()]).toEqual(["c-backup-key"]);
  expect([...(await declared({ ...settings, encryptTo: "other" })).keys()]).toContain("c-backup-key");
});

test("once Kafka's volumes are there, or others, each control plane writes a backup that knows them", async () => {
  const commands = await declared(settings, "the cluster's id, kafka: 3");
  for (const name of ["c-master-backup-of-kafka", "c-second-backup-of-kafka"]) {
    expect(commands.get(name)!.stdin).toContain("KNOWN='the cluster'\\''s id, kafka: 3'");
  }
  expect([...(await declared({ ...settings, enabled: false }, "kafka: 3")).keys()]).toEqual(["c-backup-key"]);
});
