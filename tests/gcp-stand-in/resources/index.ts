import type { Cloud, Item } from "../cloud";
import { account } from "./account";
import { instance } from "./instance";
import type { Kind } from "./kind";
import { backendService, forwardingRule, healthCheck, instanceGroup, membership } from "./loadBalancing";
import { address, firewall, network, subnetwork } from "./network";

/** All kinds of resources that the stand-in implements. */
const kinds: readonly Kind[] = [
  ...[network, subnetwork, firewall, address, account],
  ...[instance, instanceGroup, membership, healthCheck, backendService, forwardingRule],
];

/** @throws for a type that the stand-in doesn't know */
export function kindOf(type: string): Kind {
  const kind = kinds.find((candidate) => candidate.type === type);
  if (!kind) throw new Error(`the stand-in for Google Cloud doesn't know ${type}`);
  return kind;
}

/** The resources that refer to a resource. It can't be deleted while there are any. */
export function usersOf(cloud: Cloud, used: Item): Item[] {
  return cloud.all().filter((item) =>
    kindOf(item.type)
      .references?.(item.inputs)
      .some(({ type, value }) => cloud.find(type, value)?.id === used.id),
  );
}
