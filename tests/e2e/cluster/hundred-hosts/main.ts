import * as pulumi from "@pulumi/pulumi";

import { clusterIdentity } from "../../../../components/cluster/identity";
import { prepareAll } from "../../../../components/cluster/steps/prepareSteps";
import { byRole } from "../../../../components/cluster/hostsPlan";
import { type ExistingHostArgs, existingHosts } from "../../../../components/hosts/existingHosts";

/** Checks and prepares hosts as KubeadmCluster does, without making a cluster of them. */
class Hosts extends pulumi.ComponentResource {
  constructor(name: string, args: ExistingHostArgs[], privateKey: pulumi.Output<string>) {
    super("kubeadm-kafka:tests:Hosts", name);
    const ssh = { user: "root", port: 22, agent: false };
    const hosts = existingHosts({ hosts: args, ssh, privateKey }, { parent: this });
    const settings = {
      hosts,
      version: "1.34.4",
      podCidr: "10.244.0.0/16",
      serviceCidr: "10.96.0.0/12",
      endpoint: "api.kubeadm-kafka.internal",
      podNetwork: { ports: [] },
      volumesPath: "/var/lib/volumes",
      podImages: [],
      source: { kind: "upstream" } as const,
      packages: "remove" as const,
      scheduleOnControlPlane: false,
      encryptSecrets: true,
    };
    const identity = clusterIdentity(name, { parent: this });
    prepareAll({ cluster: name, identity, args: settings, ...byRole(hosts), parent: this }, hosts);
    this.registerOutputs();
  }
}

const config = new pulumi.Config();
new Hosts(pulumi.getStack(), config.requireObject<ExistingHostArgs[]>("hosts"), config.requireSecret("sshPrivateKey"));
