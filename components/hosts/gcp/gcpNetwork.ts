import { Address, Firewall, Network, Route, Router, RouterNat, Subnetwork } from "@pulumi/gcp/compute";
import * as pulumi from "@pulumi/pulumi";

import type { GcpPlan, GcpSettings } from "./gcpPlan";

/** The hosts' network, and its firewall. */
export class GcpNetwork extends pulumi.ComponentResource {
  readonly network: Network;
  readonly subnet: Subnetwork;
  /** The reserved address of the API server, for the stack's life. */
  readonly address: Address;

  constructor(
    name: string,
    { region, network, publicAddresses }: GcpSettings,
    { names, description, labels, firewalls, hosts }: GcpPlan,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("kubeadm-kafka:hosts:GcpNetwork", name, {}, opts);
    const within = { parent: this };

    this.network = new Network(
      names.network,
      { name: names.network, description, autoCreateSubnetworks: false, mtu: network.mtu },
      within,
    );
    this.subnet = new Subnetwork(
      names.subnet,
      { name: names.subnet, description, region, network: this.network.id, ipCidrRange: network.range },
      within,
    );
    this.address = new Address(names.address, { name: names.address, description, region, labels }, within);
    for (const rule of firewalls) {
      new Firewall(
        rule.name,
        {
          name: rule.name,
          description: `${rule.description}. ${description}`,
          network: this.network.id,
          sourceRanges: [...rule.sources],
          ...(rule.targets && { targetTags: [...rule.targets] }),
          allows: [...rule.allows],
        },
        within,
      );
    }
    for (const { podRange, address } of hosts) {
      if (!podRange) continue;
      const route = names.route(podRange);
      new Route(
        route,
        { name: route, description, network: this.network.id, destRange: podRange, nextHopIp: address },
        // The next hop must be in a subnet that exists.
        { ...within, dependsOn: this.subnet },
      );
    }
    if (!publicAddresses) this.createNat(region, names, description);
    this.registerOutputs();
  }

  /** Cloud NAT, through which hosts without public addresses download packages and images. */
  private createNat(region: string, names: GcpPlan["names"], description: string): void {
    const within = { parent: this };
    const router = new Router(
      names.router,
      { name: names.router, description, region, network: this.network.id },
      within,
    );
    new RouterNat(
      names.nat,
      {
        name: names.nat,
        region,
        router: router.name,
        natIpAllocateOption: "AUTO_ONLY",
        sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
        subnetworks: [{ name: this.subnet.id, sourceIpRangesToNats: ["PRIMARY_IP_RANGE"] }],
      },
      within,
    );
  }
}
