import {
  ForwardingRule,
  type ForwardingRuleArgs,
  InstanceGroup,
  InstanceGroupMembership,
  RegionBackendService,
  RegionHealthCheck,
} from "@pulumi/gcp/compute";
import * as pulumi from "@pulumi/pulumi";

import type { ApiLoadBalancer } from "../host";
import type { GcpInstance } from "./gcpInstance";
import type { GcpNetwork } from "./gcpNetwork";
import type { GcpPlan, HostPlan, LoadBalancerPlan } from "./gcpPlan";

/** What the load balancers are made of. */
export interface GcpLoadBalancerArgs {
  region: string;
  plan: GcpPlan;
  loadBalancer: LoadBalancerPlan;
  network: GcpNetwork;
  controlPlanes: readonly ControlPlane[];
}

interface ControlPlane {
  plan: HostPlan;
  instance: GcpInstance;
}

/** The targets of both load balancers. */
interface Backends {
  groups: InstanceGroup[];
  members: InstanceGroupMembership[];
  healthCheck: RegionHealthCheck;
}

/**
 * Two passthrough load balancers in front of the control planes, with the same groups and health check: an external one at the
 * reserved address, and an internal one in the subnet for the nodes. (Instances would reach the external one from their public
 * addresses, which the firewall would have to accept.)
 *
 * @see https://cloud.google.com/load-balancing/docs/passthrough-network-load-balancer
 */
export class GcpLoadBalancer extends pulumi.ComponentResource implements ApiLoadBalancer {
  readonly address: pulumi.Output<string>;
  readonly apiServer: pulumi.Output<string>;
  readonly dependsOn: readonly pulumi.Resource[] = [this];

  constructor(
    name: string,
    private readonly args: GcpLoadBalancerArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("kubeadm-kafka:hosts:GcpLoadBalancer", name, {}, opts);
    const { region, plan, loadBalancer, network } = args;
    const { names, description } = plan;

    const groups = new Map(loadBalancer.zones.map((zone) => [zone, this.createGroup(zone)]));
    const members = args.controlPlanes.map((each) => this.createMember(each, groups.get(each.plan.zone)!));
    // Google doesn't verify the API server's certificate. Anonymous users may read /readyz by RBAC's system:public-info-viewer.
    const healthCheck = new RegionHealthCheck(
      names.healthCheck,
      {
        name: names.healthCheck,
        description,
        region,
        httpsHealthCheck: { port: 6443, requestPath: "/readyz" },
        checkIntervalSec: 5,
        timeoutSec: 5,
        healthyThreshold: 1,
        unhealthyThreshold: 2,
      },
      { parent: this },
    );
    const backends = { groups: [...groups.values()], members, healthCheck };
    this.balance(backends, names.backend, names.forwardingRule, {
      loadBalancingScheme: "EXTERNAL",
      ipAddress: network.address.address,
    });
    this.balance(backends, names.internalBackend, names.internalForwardingRule, {
      loadBalancingScheme: "INTERNAL",
      ipAddress: loadBalancer.internalAddress,
      network: network.network.id,
      subnetwork: network.subnet.id,
    });

    this.address = pulumi.output(loadBalancer.internalAddress);
    this.apiServer = pulumi.interpolate`${network.address.address}:6443`;
    this.registerOutputs();
  }

  private createGroup(zone: string): InstanceGroup {
    const { plan, network } = this.args;
    const name = plan.names.group(zone);
    return new InstanceGroup(
      name,
      { name, description: plan.description, zone, network: network.network.id },
      { parent: this },
    );
  }

  /** A resource of its own, since an instance that is replaced under its name has left its group. */
  private createMember({ plan, instance }: ControlPlane, group: InstanceGroup): InstanceGroupMembership {
    return new InstanceGroupMembership(
      plan.host,
      { zone: plan.zone, instanceGroup: group.name, instance: instance.selfLink },
      { parent: this, deleteBeforeReplace: true },
    );
  }

  private balance(
    { groups, members, healthCheck }: Backends,
    backendName: string,
    ruleName: string,
    where: Pick<ForwardingRuleArgs, "ipAddress" | "network" | "subnetwork"> & { loadBalancingScheme: string },
  ): void {
    const { region, plan } = this.args;
    const { description, labels } = plan;
    const service = new RegionBackendService(
      backendName,
      {
        name: backendName,
        description,
        region,
        loadBalancingScheme: where.loadBalancingScheme,
        protocol: "TCP",
        healthChecks: healthCheck.id,
        backends: groups.map((group) => ({ group: group.selfLink, balancingMode: "CONNECTION" })),
      },
      { parent: this },
    );
    new ForwardingRule(
      ruleName,
      {
        name: ruleName,
        description,
        region,
        labels,
        ipProtocol: "TCP",
        ports: ["6443"],
        backendService: service.id,
        ...where,
      },
      // If the stack had one control plane before, that instance has released the reserved address by then.
      { parent: this, dependsOn: members },
    );
  }
}
