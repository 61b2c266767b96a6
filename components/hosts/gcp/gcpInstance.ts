import { readFileSync } from "node:fs";
import { join } from "node:path";

import { remote, type types } from "@pulumi/command";
import { Instance } from "@pulumi/gcp/compute";
import * as pulumi from "@pulumi/pulumi";

import { hostKeyIn } from "../hostKey";
import { createSshKey, type SshKey } from "../sshKey";
import type { GcpSettings, InstancePlan } from "./gcpPlan";
import type { GcpNetwork } from "./gcpNetwork";
import { instanceMetadata } from "./instanceMetadata";

/** What all instances of a stack share. */
export interface GcpInstanceContext {
  settings: GcpSettings;
  description: string;
  network: GcpNetwork;
  /** Email of the account that the instance runs as. */
  serviceAccount: pulumi.Input<string>;
  /** Key that Pulumi logs in with. */
  login: SshKey;
  /** Bastion to an instance without public address. @default none */
  bastion?: GcpInstance;
  /** Resource that the instance depends on. @default none */
  guard?: pulumi.Resource;
}

/** An agent may write logs and metrics, if the account has a role for that. This program needs no scope. */
const scopes = ["https://www.googleapis.com/auth/logging.write", "https://www.googleapis.com/auth/monitoring.write"];

/** An instance that Pulumi can log in to, and whose host key is known before the first contact. */
export class GcpInstance extends pulumi.ComponentResource {
  /** SSH connection, with the host key that the machine itself has generated. */
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  /** Google's id, by which an instance differs from its successor of the same name. */
  readonly id: pulumi.Output<string>;
  /** Address from outside; undefined where it has none. */
  readonly publicAddress: pulumi.Output<string | undefined>;
  readonly selfLink: pulumi.Output<string>;

  constructor(name: string, plan: InstancePlan, context: GcpInstanceContext, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:hosts:GcpInstance", name, {}, opts);
    const { settings, network, login, bastion } = context;

    const introduction = createSshKey(`${name}-introduction`, { parent: this }, "ecdsa");
    const instance = this.createInstance(plan, context, introduction);
    this.id = instance.instanceId;
    this.selfLink = instance.selfLink;
    this.publicAddress = instance.networkInterfaces.apply(([card]) => card?.accessConfigs?.[0]?.natIp);

    const endpoint = pulumi
      .all([this.publicAddress, login.privateKey, bastion?.connection])
      .apply(([address, privateKey, proxy]) => ({
        host: address ?? plan.address,
        port: 22,
        user: settings.ssh.user,
        privateKey,
        perDialTimeout: 10,
        ...(proxy && { proxy }),
      }));
    const hostKey = new remote.Command(
      `${name}-host-key`,
      {
        connection: pulumi
          .all([endpoint, introduction.publicKey])
          .apply(([to, key]) => ({ ...to, hostKey: key, dialErrorLimit: 60 })), // five minutes; an instance boots within one
        create: "sudo -n bash -s",
        stdin: readFileSync(join(__dirname, "scripts", "print-host-key.sh"), "utf8"),
        triggers: [this.id],
        addPreviousOutputInEnv: false,
        logging: remote.Logging.None,
      },
      { parent: this, dependsOn: [network] },
    );
    this.connection = pulumi
      .all([endpoint, hostKey.stdout])
      .apply(([to, printed]) => ({ ...to, hostKey: hostKeyIn(printed, name), dialErrorLimit: 13 })); // half a minute
    this.registerOutputs();
  }

  private createInstance(
    plan: InstancePlan,
    { settings, description, network, login, serviceAccount, guard }: GcpInstanceContext,
    introduction: SshKey,
  ): Instance {
    const accessConfigs = { none: [], ephemeral: [{}], reserved: [{ natIp: network.address.address }] };
    return new Instance(
      plan.name,
      {
        name: plan.name,
        description,
        zone: plan.zone,
        machineType: plan.type,
        labels: plan.labels,
        tags: [...plan.tags],
        canIpForward: plan.forwards,
        bootDisk: {
          initializeParams: { image: settings.machine.image, labels: plan.labels, ...plan.disk },
        },
        networkInterfaces: [
          {
            subnetwork: network.subnet.id,
            networkIp: plan.address,
            accessConfigs: accessConfigs[plan.publicAddress],
          },
        ],
        serviceAccount: { email: serviceAccount, scopes },
        shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
        metadata: pulumi
          .all([login.publicKey, pulumi.output(introduction)])
          .apply(([publicKey, introductionKey]) => instanceMetadata(settings.ssh, publicKey, introductionKey)),
        allowStoppingForUpdate: true,
        deletionProtection: settings.deletionProtection,
      },
      {
        parent: this,
        ...(guard && { dependsOn: guard }),
        deleteBeforeReplace: true,
        // Another image or disk is for new hosts: a host of a running cluster is never replaced for it.
        ignoreChanges: ["bootDisk.initializeParams"],
      },
    );
  }
}
