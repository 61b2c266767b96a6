import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { addresses, toApiServers } from "../../../components/network/policyPlan";
import { localPathManifest, volumeMark } from "../../../components/storage/localPathManifest";

test("a new volume has its mark from the beginning, and any user may write there", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "local-path-"));
  const volume = path.join(folder, "pvc-1");
  const config = localPathManifest({ volumesPath: "/v" }).find(({ kind }) => kind === "ConfigMap")!;
  const { setup } = config["data"] as { setup: string };
  expect(spawnSync("sh", { input: setup, env: { PATH: process.env["PATH"], VOL_DIR: volume } }).status).toBe(0);
  expect(fs.readdirSync(volume)).toEqual([volumeMark]);
  expect(fs.statSync(volume).mode & 0o777).toBe(0o777);
  fs.rmSync(folder, { recursive: true });
});

test("its namespace admits pods that mount their host's folders, whatever the cluster's default is", () => {
  const namespace = localPathManifest({ volumesPath: "/v" }).find(({ kind }) => kind === "Namespace")!;
  expect(namespace.metadata).toMatchObject({ labels: { "pod-security.kubernetes.io/enforce": "privileged" } });
});

const find = <T>(kind: string): T => localPathManifest({ volumesPath: "/v" }).find((each) => each.kind === kind) as T;

interface Role {
  rules: { resources: string[]; verbs: string[] }[];
}

test("the provisioner reads no ConfigMap, and no pod outside its namespace", () => {
  const read = find<Role>("ClusterRole").rules.flatMap(({ resources }) => resources);
  expect(read.toSorted()).toEqual(["events", "nodes", "persistentvolumeclaims", "persistentvolumes", "storageclasses"]);
  const own = find<Role>("Role").rules.map(({ resources, verbs }) => [...resources, ...verbs].join(" "));
  expect(own).toEqual(["pods get create delete", "pods/log get"]);
  const { spec } = find<{ spec: { template: { spec: { containers: [{ command: string[] }] } } } }>("Deployment").spec
    .template;
  // Without a file, the provisioner asks the API server for its ConfigMap, and ends because it may not.
  expect(spec.containers[0].command.join(" ")).toContain("--helper-pod-file /etc/config/helperPod.yaml");
});

test("a pod that makes volumes gets no token, and of root's capabilities two", () => {
  const { data } = find<{ data: Record<string, string> }>("ConfigMap");
  const { spec } = JSON.parse(data["helperPod.yaml"]!) as { spec: any };
  expect(spec.automountServiceAccountToken).toBe(false);
  expect(spec.containers[0].securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    seccompProfile: { type: "RuntimeDefault" },
    capabilities: { drop: ["ALL"], add: ["DAC_OVERRIDE", "FOWNER"] },
  });
});

test("the provisioner itself is no root, and writes no file of its image", () => {
  const { spec } = find<{ spec: { template: { spec: any } } }>("Deployment").spec.template;
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65534 });
  expect(spec.containers[0].securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    seccompProfile: { type: "RuntimeDefault" },
    capabilities: { drop: ["ALL"] },
  });
});

test("in a closed network, the provisioner reaches the API servers alone, and what makes volumes nothing", () => {
  const apiServers = toApiServers(addresses(["10.0.0.4"]));
  const policies = localPathManifest({ volumesPath: "/v", apiServers }).filter(({ kind }) => kind === "NetworkPolicy");
  const selected = policies.map(({ metadata, spec }) => [metadata.namespace, spec]);
  expect(selected).toEqual([
    ["local-path-storage", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }],
    [
      "local-path-storage",
      {
        podSelector: { matchLabels: { app: "local-path-provisioner" } },
        policyTypes: ["Egress"],
        egress: [{ to: [{ ipBlock: { cidr: "10.0.0.4/32" } }], ports: [{ protocol: "TCP", port: 6443 }] }],
      },
    ],
  ]);
  expect(localPathManifest({ volumesPath: "/v" }).map(({ kind }) => kind)).not.toContain("NetworkPolicy");
});

test("no pod preempts what makes volumes", () => {
  const { spec } = find<{ spec: { template: { spec: any } } }>("Deployment").spec.template;
  expect(spec.priorityClassName).toBe("system-cluster-critical");
});
