import { z } from "zod";

import { overlap, parseRange } from "../../../components/addresses/ipv4";
import { freeExternalAddress } from "../addresses";
import { connect } from "../connect";
import { cidr, common, type Kind, labels, projectOf, reference } from "./kind";
import { region } from "./places";
import { types } from "./types";

export const network: Kind = {
  type: types.network,
  inputs: z.strictObject({
    ...common,
    autoCreateSubnetworks: z.literal(false, "must be false: the stand-in makes no subnets by itself"),
    mtu: z.int().min(1300).max(8896).optional(),
  }),
  id: (inputs, project) => `projects/${projectOf(inputs, project)}/global/networks/${inputs["name"] as string}`,
  replacing: ["name", "project", "description", "autoCreateSubnetworks"],
  filledIn: ["mtu"],
};

export const subnetwork: Kind = {
  type: types.subnetwork,
  inputs: z.strictObject({
    ...common,
    network: z.string(),
    region,
    ipCidrRange: cidr,
  }),
  id: (inputs, project) =>
    `projects/${projectOf(inputs, project)}/regions/${inputs["region"] as string}/subnetworks/${inputs["name"] as string}`,
  replacing: ["name", "project", "description", "network", "region"],
  references: (inputs) => reference("network", types.network, inputs["network"]),
  refuse: (inputs, cloud, itself) => {
    const range = parseRange(inputs["ipCidrRange"] as string);
    const before = itself && parseRange(itself.inputs["ipCidrRange"] as string);
    if (before && before.prefix < range.prefix) return ["ipCidrRange: the stand-in can't let a subnet shrink"];
    const others = cloud.ofType(types.subnetwork).filter(({ id }) => id !== itself?.id);
    return others
      .filter((other) => overlap(range, parseRange(other.inputs["ipCidrRange"] as string)))
      .map((other) => `ipCidrRange: overlaps that of ${other.id}`);
  },
};

const ports = z.array(z.string().regex(/^\d+(-\d+)?$/, "isn't a port or a range of ports"));

export const firewall: Kind = {
  type: types.firewall,
  inputs: z.strictObject({
    ...common,
    network: z.string(),
    sourceRanges: z.array(cidr).min(1, "names no source"),
    targetTags: z.array(z.string()).min(1).optional(),
    allows: z.array(z.strictObject({ protocol: z.enum(["tcp", "udp", "icmp"]), ports: ports.optional() })).min(1),
  }),
  id: (inputs, project) => `projects/${projectOf(inputs, project)}/global/firewalls/${inputs["name"] as string}`,
  replacing: ["name", "project"],
  references: (inputs) => reference("network", types.network, inputs["network"]),
  created: (_, cloud) => connect(cloud),
  updated: (_item, _changed, cloud) => connect(cloud),
  deleted: (_, cloud) => connect(cloud),
};

export const address: Kind = {
  type: types.address,
  inputs: z.strictObject({
    ...common,
    region,
    labels: labels.optional(),
  }),
  id: (inputs, project) =>
    `projects/${projectOf(inputs, project)}/regions/${inputs["region"] as string}/addresses/${inputs["name"] as string}`,
  replacing: ["name", "project", "description", "region"],
  fill: (_, cloud) => ({ knownAs: freeExternalAddress(cloud) }),
  outputs: ({ filled }) => ({ address: filled["knownAs"] }),
};
