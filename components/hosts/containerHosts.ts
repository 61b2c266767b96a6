import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import {
  type ContainerHostArgs,
  type ContainerPlan,
  containerNetwork,
  containerResources,
  planContainer,
  sizeOf,
} from "./containerPlan";
import type { Host } from "./host";
import { localScripts } from "./localScript";
import { createSshKey } from "./sshKey";

/** Hosts to create in containers. */
export interface ContainerHostsArgs {
  hosts: readonly ContainerHostArgs[];
  /** Docker image with systemd and sshd, as toolchain/host builds it. Containers that exist keep their image. */
  image: string;
  /** Ranges of pods and services, as CIDRs. Each host rejects packets to them that would leave through its network card. */
  guardedRanges: readonly string[];
}

/** Hosts in containers on the machine where Pulumi runs, which publishes their SSH and API server ports on loopback. */
export class ContainerHosts extends pulumi.ComponentResource {
  readonly hosts: readonly Host[];

  constructor(name: string, args: ContainerHostsArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:hosts:ContainerHosts", name, {}, opts);
    const within = { parent: this };

    const network = createNetwork(containerResources.network, args.image, within);
    const key = createSshKey(containerResources.key, within);
    this.hosts = args.hosts.map((host, index) => {
      const plan = planContainer(pulumi.getStack(), host, index);
      const container = createContainer(host, plan, args, key.publicKey, { ...within, dependsOn: network });
      return {
        name: host.name,
        role: host.role,
        labels: host.labels,
        taints: host.taints,
        kubelet: host.kubelet,
        size: sizeOf(host),
        connection: pulumi.output({
          host: "127.0.0.1",
          port: plan.sshPort,
          user: "root",
          privateKey: key.privateKey,
          hostKey: container.stdout,
          dialErrorLimit: 60, // a container boots in seconds, on a busy laptop in a minute
        }),
        address: pulumi.output(plan.address),
        apiServer: pulumi.output(`127.0.0.1:${plan.apiPort}`),
        dependsOn: [container],
        machine: { resource: container, id: container.stdout, madeOf: container.id.apply(() => plan.address) },
      };
    });
    this.registerOutputs({ hosts: this.hosts.map((host) => host.name) });
  }
}

/** Creates the hosts' network and image. The stacks on this machine share them; the last one removes the network. */
function createNetwork(name: string, image: string, opts: pulumi.CustomResourceOptions): command.local.Command {
  const scripts = { create: "create-network.sh", delete: "remove-network.sh" };
  const settings = { NETWORK: containerNetwork.name, SUBNET: containerNetwork.subnet, IMAGE: image };
  return new command.local.Command(name, localScripts(scripts, settings), {
    ...opts,
    ignoreChanges: ["environment.IMAGE"],
  });
}

function createContainer(
  host: ContainerHostArgs,
  plan: ContainerPlan,
  args: ContainerHostsArgs,
  publicKey: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const scripts = { create: "create-container.sh", update: "update-container.sh", delete: "remove-container.sh" };
  const settings = {
    CONTAINER: plan.container,
    STACK: pulumi.getStack(),
    HOST_NAME: host.name,
    IMAGE: args.image,
    NETWORK: containerNetwork.name,
    ADDRESS: plan.address,
    SSH_PORT: String(plan.sshPort),
    API_PORT: String(plan.apiPort),
    GUARDED_RANGES: args.guardedRanges.join(" "),
    MEMORY: host.memory ?? "",
    CPUS: String(host.cpus ?? ""),
  };
  return new command.local.Command(
    host.name,
    // Pulumi logs in with this key, which also tells the stack's containers from those of another checkout's stack of that name.
    { ...localScripts(scripts, settings), stdin: publicKey },
    // A newer image is for new hosts: a host of a running cluster is never replaced for it.
    { ...opts, ignoreChanges: ["environment.IMAGE"] },
  );
}
