import { local } from "@pulumi/command";
import { Provider } from "@pulumi/gcp/provider";
import { Account } from "@pulumi/gcp/serviceaccount";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { ApiLoadBalancer, Host, HostGroup } from "../host";
import { bash } from "../localScript";
import { createSshKey } from "../sshKey";
import { GcpInstance, type GcpInstanceContext } from "./gcpInstance";
import { GcpLoadBalancer } from "./gcpLoadBalancer";
import { GcpNetwork } from "./gcpNetwork";
import { type GcpPlan, type GcpSettings, type HostPlan, planGcp, type PodNetwork } from "./gcpPlan";

/** Hosts to create on Google Cloud. */
export interface GcpHostsArgs extends GcpSettings {
  /** Private half of `ssh.publicKey`, in OpenSSH's format. @default one made for the stack */
  privateKey?: pulumi.Output<string> | undefined;
  /** The pods' network. */
  pods: PodNetwork;
}

/** Hosts on Google Cloud in a network of their own, with a load balancer if there are several control planes. */
export class GcpHosts extends pulumi.ComponentResource implements HostGroup {
  readonly hosts: readonly Host[];
  readonly loadBalancer?: ApiLoadBalancer;

  constructor(name: string, args: GcpHostsArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:hosts:GcpHosts", name, {}, opts);
    const { project, region, serviceAccount } = args;
    const provider = new Provider(name, { project, region }, { parent: this });
    const within = { parent: this, providers: [provider] };
    const plan = planGcp(pulumi.getStack(), args, args.pods);

    const network = new GcpNetwork(`${name}-network`, args, plan, within);
    const context: GcpInstanceContext = {
      settings: args,
      description: plan.description,
      network,
      serviceAccount: serviceAccount ?? createAccount(plan, { parent: this, provider }),
      login: createLogin(`${name}-ssh-key`, args, { parent: this }),
    };
    const bastion = plan.bastion && new GcpInstance("bastion", plan.bastion, context, within);
    const guard = oneAtATime(`${name}-one-at-a-time`, plan, { parent: this });
    const guarded = { ...context, guard, ...(bastion && { bastion }) };
    const made = plan.hosts.map((each) => ({
      plan: each,
      instance: new GcpInstance(each.host, each, guarded, within),
    }));

    if (plan.loadBalancer) {
      const controlPlanes = made.filter((each) => each.plan.role === "control-plane");
      const { loadBalancer } = plan;
      this.loadBalancer = new GcpLoadBalancer(
        `${name}-api`,
        { region, plan, loadBalancer, network, controlPlanes },
        within,
      );
    }
    this.hosts = made.map((each) => toHost(each.plan, each.instance, network, this.loadBalancer));
    this.registerOutputs({ hosts: this.hosts.map((host) => host.name) });
  }
}

function toHost(plan: HostPlan, instance: GcpInstance, network: GcpNetwork, loadBalancer?: ApiLoadBalancer): Host {
  return {
    name: plan.host,
    role: plan.role,
    ...plan.node,
    size: plan.type,
    connection: instance.connection,
    address: pulumi.output(plan.address),
    ...(plan.podRange && { podRange: plan.podRange }),
    apiServer: loadBalancer?.apiServer ?? pulumi.interpolate`${instance.publicAddress}:6443`,
    dependsOn: [network, instance],
    machine: {
      // Deleting the network means deleting the stack. A host that is deleted alone leaves the cluster first.
      resource: network.network,
      id: instance.id,
      madeOf: instance.id.apply(() => placeOf(plan)),
    },
  };
}

/** Properties that can't change without replacing the machine. */
function placeOf({ zone, address }: HostPlan): string {
  return `${zone} ${address}`;
}

/** Creates an account without roles, since hosts call no API of Google's. The default account could change the whole project. */
function createAccount({ names, description }: GcpPlan, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return new Account(names.serviceAccount, { accountId: names.serviceAccount, description }, opts).email;
}

function createLogin(
  name: string,
  { ssh, privateKey }: GcpHostsArgs,
  opts: pulumi.CustomResourceOptions,
): GcpInstanceContext["login"] {
  if (!privateKey) return createSshKey(name, opts);
  return { privateKey: pulumi.secret(privateKey), publicKey: pulumi.output(ssh.publicKey ?? "") };
}

/** Refuses a run that would stop or replace several instances. Each instance depends on it. */
function oneAtATime(name: string, { hosts }: GcpPlan, opts: pulumi.CustomResourceOptions): local.Command {
  const script = readFileSync(join(__dirname, "scripts", "refuse-two-at-once.sh"), "utf8");
  const machines = hosts.map((host) => `${host.host} ${host.type} ${placeOf(host)}`);
  return new local.Command(
    name,
    { create: script, interpreter: bash, environment: { MACHINES: machines.join("\n") } },
    opts,
  );
}
