import { z } from "zod";

import { internalAddress, takenAddresses } from "../addresses";
import { connect } from "../connect";
import type { Properties } from "../properties";
import { common, type Kind, labels, projectOf, reference } from "./kind";
import { region, zone } from "./places";
import { types } from "./types";

/** Updates firewalls and front ends after every change of the resource. */
const connecting: Pick<Kind, "created" | "updated" | "deleted"> = {
  created: (_, cloud) => connect(cloud),
  updated: (_item, _changed, cloud) => connect(cloud),
  deleted: (_, cloud) => connect(cloud),
};

function regional(collection: string) {
  return (inputs: Properties, project: string) =>
    `projects/${projectOf(inputs, project)}/regions/${inputs["region"] as string}/${collection}/${inputs["name"] as string}`;
}

export const instanceGroup: Kind = {
  type: types.instanceGroup,
  inputs: z.strictObject({ ...common, zone, network: z.string() }),
  id: (inputs, project) =>
    `projects/${projectOf(inputs, project)}/zones/${inputs["zone"] as string}/instanceGroups/${inputs["name"] as string}`,
  replacing: ["name", "project", "description", "zone", "network"],
  references: (inputs) => reference("network", types.network, inputs["network"]),
};

/** An instance's membership of a group. It is deleted with the instance; a new instance of the same name isn't a member. */
export const membership: Kind = {
  type: types.membership,
  inputs: z.strictObject({ zone, instanceGroup: z.string(), instance: z.string() }),
  id: (inputs, project) => {
    const place = `projects/${project}/zones/${inputs["zone"] as string}`;
    return `${place}/instanceGroups/${inputs["instanceGroup"] as string}/${nameOf(inputs["instance"])}`;
  },
  replacing: ["zone", "instanceGroup", "instance"],
  references: (inputs) => reference("instanceGroup", types.instanceGroup, inputs["instanceGroup"]),
  refuse: (inputs, cloud) => {
    const zoneOf = (type: string, value: unknown) => cloud.find(type, value as string)?.inputs["zone"];
    const places = [zoneOf(types.instance, inputs["instance"]), zoneOf(types.instanceGroup, inputs["instanceGroup"])];
    return places.every((place) => place === inputs["zone"])
      ? []
      : [`instance: '${String(inputs["instance"])}' was not found in ${inputs["zone"] as string}`];
  },
  ...connecting,
};

function nameOf(link: unknown): string {
  return String(link).split("/").at(-1)!;
}

export const healthCheck: Kind = {
  type: types.healthCheck,
  inputs: z.strictObject({
    ...common,
    region,
    checkIntervalSec: z.int().min(1).max(300).optional(),
    timeoutSec: z.int().min(1).max(300).optional(),
    healthyThreshold: z.int().min(1).max(10).optional(),
    unhealthyThreshold: z.int().min(1).max(10).optional(),
    httpsHealthCheck: z.strictObject({ port: z.int(), requestPath: z.string().startsWith("/") }),
  }),
  id: regional("healthChecks"),
  replacing: ["name", "project", "region"],
  ...connecting,
};

export const backendService: Kind = {
  type: types.backendService,
  inputs: z.strictObject({
    ...common,
    region,
    loadBalancingScheme: z.enum(["EXTERNAL", "INTERNAL"]),
    protocol: z.literal("TCP"),
    healthChecks: z.string(),
    backends: z.array(z.strictObject({ group: z.string(), balancingMode: z.literal("CONNECTION") })).min(1),
  }),
  id: regional("backendServices"),
  replacing: ["name", "project", "loadBalancingScheme"],
  references: (inputs) => [
    ...reference("healthChecks", types.healthCheck, inputs["healthChecks"]),
    ...(inputs["backends"] as { group: string }[]).flatMap(({ group }) =>
      reference("backends.group", types.instanceGroup, group),
    ),
  ],
  ...connecting,
};

export const forwardingRule: Kind = {
  type: types.forwardingRule,
  inputs: z.strictObject({
    ...common,
    region,
    labels: labels.optional(),
    loadBalancingScheme: z.enum(["EXTERNAL", "INTERNAL"]),
    ipAddress: z.ipv4(),
    ipProtocol: z.literal("TCP"),
    ports: z.array(z.string().regex(/^\d+$/)).length(1, "must be one port: the stand-in's front ends have one"),
    backendService: z.string(),
    network: z.string().optional(),
    subnetwork: z.string().optional(),
  }),
  id: regional("forwardingRules"),
  replacing: [
    ...["name", "project", "description", "region", "loadBalancingScheme", "ipAddress", "ipProtocol"],
    ...["ports", "backendService", "network", "subnetwork"],
  ],
  references: (inputs) => [
    ...reference("backendService", types.backendService, inputs["backendService"]),
    ...reference("network", types.network, inputs["network"]),
    ...reference("subnetwork", types.subnetwork, inputs["subnetwork"]),
    ...(inputs["loadBalancingScheme"] === "EXTERNAL" ? reference("ipAddress", types.address, inputs["ipAddress"]) : []),
  ],
  refuse(inputs, cloud) {
    const { loadBalancingScheme: scheme, ipAddress, subnetwork } = inputs;
    const service = cloud.the(types.backendService, inputs["backendService"]).inputs;
    const isInternal = scheme === "INTERNAL";
    return [
      ...(service["loadBalancingScheme"] === scheme ? [] : ["loadBalancingScheme: isn't that of the backend service"]),
      ...(isInternal === (subnetwork !== undefined)
        ? []
        : ["subnetwork: is required for an internal forwarding rule, and allowed for no other"]),
      ...cloud
        .ofType(types.forwardingRule)
        .filter((other) => other.inputs["ipAddress"] === ipAddress && other.inputs["name"] !== inputs["name"])
        .map(({ id }) => `ipAddress: is already in use by ${id}`),
    ];
  },
  fill(inputs, cloud) {
    const used = cloud.ofType(types.forwardingRule).map(({ filled }) => filled["source"]);
    const source = cloud.machines.probeAddresses.find((address) => !used.includes(address));
    if (!source) throw new Error("the stand-in has no address left for a front end to probe from");
    if (inputs["subnetwork"] === undefined) return { source };
    const range = cloud.the(types.subnetwork, inputs["subnetwork"]).inputs["ipCidrRange"] as string;
    return { source, address: internalAddress(range, inputs["ipAddress"] as string, takenAddresses(cloud)) };
  },
  ...connecting,
  async deleted({ inputs }, cloud) {
    await cloud.machines.stopServing(inputs["name"] as string);
    await connect(cloud);
  },
};
