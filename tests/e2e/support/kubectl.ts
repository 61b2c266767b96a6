import * as fs from "node:fs";
import * as path from "node:path";

import { output } from "../../support/shell";
import { root, workFolder } from "../../support/stack";

/** kubectl on a stack's cluster, with the kubeconfig of the stack's outputs. */
export class Kubectl {
  /** Path of the kubeconfig. */
  readonly kubeconfig: string;

  constructor(stack: string, kubeconfig: string) {
    this.kubeconfig = path.join(workFolder, `${stack}.kubeconfig`);
    fs.writeFileSync(this.kubeconfig, kubeconfig, { mode: 0o600 });
  }

  run(...args: string[]): Promise<string> {
    return output(path.join(root, "build/toolchain/bin/kubectl"), ["--kubeconfig", this.kubeconfig, ...args]);
  }

  /** Sorted names of the nodes. */
  async nodes(): Promise<string[]> {
    return (await this.run("get", "nodes", "--output", "jsonpath={.items[*].metadata.name}")).split(" ").sort();
  }

  /** Name of a pod's node; empty if the pod isn't scheduled. */
  nodeOf(pod: string, namespace: string): Promise<string> {
    return this.run("get", "pod", pod, "--namespace", namespace, "--output", "jsonpath={.spec.nodeName}");
  }

  /** Runs etcdctl in the etcd pod of a control plane. */
  etcdctl(member: string, ...command: string[]): Promise<string> {
    const pki = "/etc/kubernetes/pki/etcd";
    const certificates = ["--cacert", `${pki}/ca.crt`, "--cert", `${pki}/server.crt`, "--key", `${pki}/server.key`];
    const pod = ["exec", `etcd-${member}`, "--namespace", "kube-system", "--"];
    return this.run(...pod, "etcdctl", ...certificates, ...command);
  }
}
