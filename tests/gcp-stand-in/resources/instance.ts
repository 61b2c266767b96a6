import { z } from "zod";

import { freeExternalAddress, internalAddress, takenAddresses } from "../addresses";
import type { Cloud, Item } from "../cloud";
import { connect } from "../connect";
import { metadata } from "../guest";
import { changedPaths, isBelow, type Properties } from "../properties";
import { asInstance, machineTypes } from "./instanceMachines";
import { common, type Kind, labels, projectOf, reference } from "./kind";
import { regionOf, zone } from "./places";
import { types } from "./types";

/** Properties that only a stopped instance can change. */
const needStop = ["machineType", "serviceAccount", "shieldedInstanceConfig"];

export const instance: Kind = {
  type: types.instance,
  inputs: z.strictObject({
    ...common,
    zone,
    machineType: z.enum(Object.keys(machineTypes)),
    allowStoppingForUpdate: z.boolean().optional(),
    bootDisk: z.strictObject({
      initializeParams: z.strictObject({
        // Each instance runs the container hosts' image. Google's Debian images are refused, since they have no cloud-init.
        image: z.enum(["ubuntu-os-cloud/ubuntu-2204-lts", "ubuntu-os-cloud/ubuntu-2404-lts-amd64"]),
        size: z.int().min(10),
        type: z.enum(["pd-standard", "pd-balanced", "pd-ssd"]),
        labels: labels.optional(),
      }),
    }),
    networkInterfaces: z
      .array(
        z.strictObject({
          subnetwork: z.string(),
          networkIp: z.ipv4().optional(),
          accessConfigs: z.array(z.strictObject({ natIp: z.ipv4().optional() })).max(1),
        }),
      )
      .length(1),
    canIpForward: z.boolean().optional(),
    tags: z.array(z.string()).optional(),
    labels: labels.optional(),
    metadata: metadata.optional(),
    serviceAccount: z.strictObject({
      email: z.string(),
      scopes: z.array(z.string().startsWith("https://www.googleapis.com/auth/")),
    }),
    shieldedInstanceConfig: z
      .strictObject({ enableSecureBoot: z.boolean(), enableVtpm: z.boolean(), enableIntegrityMonitoring: z.boolean() })
      .optional(),
    deletionProtection: z.boolean().optional(),
  }),
  id: (inputs, project) =>
    `projects/${projectOf(inputs, project)}/zones/${inputs["zone"] as string}/instances/${inputs["name"] as string}`,
  replacing: [
    ...["name", "project", "zone", "networkInterfaces.networkIp"],
    ...["bootDisk.initializeParams.image", "bootDisk.initializeParams.type"],
  ],
  filledIn: ["networkInterfaces.networkIp", "networkInterfaces.accessConfigs.natIp"],

  references: (inputs) => [
    ...reference("networkInterfaces.subnetwork", types.subnetwork, card(inputs).subnetwork),
    ...reference("networkInterfaces.accessConfigs.natIp", types.address, card(inputs).accessConfigs[0]?.natIp),
    ...reference("serviceAccount.email", types.account, (inputs["serviceAccount"] as Properties)["email"]),
  ],

  refuse(inputs, cloud, itself) {
    const region = cloud.the(types.subnetwork, card(inputs).subnetwork).inputs["region"] as string;
    const changed = itself ? changedPaths(itself.inputs, inputs) : [];
    const stopping = changed.filter((path) => isBelow(path, needStop));
    return [
      ...(regionOf(inputs["zone"] as string) === region ? [] : [`zone: isn't in the subnet's region, ${region}`]),
      ...(stopping.length && !inputs["allowStoppingForUpdate"]
        ? [`changing ${stopping.join(", ")} needs the instance stopped; set allowStoppingForUpdate`]
        : []),
      ...(itself && diskSize(inputs) < diskSize(itself.inputs) ? ["bootDisk: a disk can't shrink"] : []),
      ...(changed.some((path) => isBelow(path, ["metadata"]))
        ? ["metadata: the stand-in tells a machine its metadata at its first boot only"]
        : []),
    ];
  },

  fill(inputs, cloud) {
    const { subnetwork, networkIp } = card(inputs);
    const range = cloud.the(types.subnetwork, subnetwork).inputs["ipCidrRange"] as string;
    return {
      address: internalAddress(range, networkIp, takenAddresses(cloud)),
      externalAddress: externalAddress(inputs, cloud),
      instanceId: String(process.hrtime.bigint()),
    };
  },

  outputs: ({ inputs, filled }) => ({
    instanceId: filled["instanceId"],
    currentStatus: "RUNNING",
    networkInterfaces: [
      {
        ...card(inputs),
        name: "nic0",
        networkIp: filled["address"],
        accessConfigs: filled["externalAddress"] ? [{ natIp: filled["externalAddress"] }] : [],
      },
    ],
  }),

  async created(item, cloud) {
    await cloud.machines.start(asInstance(item, cloud));
    await connect(cloud);
  },

  async updated(item, changed, cloud) {
    if (changed.some((path) => isBelow(path, needStop))) {
      // A stopped instance loses an external address that isn't reserved.
      const before = item.filled["externalAddress"] as string | undefined;
      item.filled = { ...item.filled, externalAddress: externalAddress(item.inputs, cloud, before) };
      cloud.put(item);
      await cloud.machines.restart(asInstance(item, cloud));
    }
    await connect(cloud);
  },

  async deleted(item, cloud) {
    leaveGroups(item, cloud);
    await cloud.machines.remove(item.inputs["name"] as string);
    await connect(cloud);
  },
};

interface NetworkCard {
  subnetwork: string;
  networkIp?: string;
  accessConfigs: { natIp?: string }[];
}

function card(inputs: Properties): NetworkCard {
  return (inputs["networkInterfaces"] as NetworkCard[])[0]!;
}

function diskSize(inputs: Properties): number {
  return (inputs["bootDisk"] as { initializeParams: { size: number } }).initializeParams.size;
}

/** The external address: the reserved one of the inputs, or an ephemeral one; undefined if the inputs ask for none. */
function externalAddress(inputs: Properties, cloud: Cloud, before?: string): string | undefined {
  const [access] = card(inputs).accessConfigs;
  return access && (access.natIp ?? freeExternalAddress(cloud, before));
}

/** Removes a deleted instance from its groups, as Google does. A new instance of the same name is in none of them. */
function leaveGroups({ inputs: { name, zone } }: Item, cloud: Cloud): void {
  const isOfInstance = ({ inputs }: Item) =>
    inputs["zone"] === zone && (inputs["instance"] as string).split("/").at(-1) === name;
  for (const membership of cloud.ofType(types.membership).filter(isOfInstance)) cloud.remove(membership.id);
}
