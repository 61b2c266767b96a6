import { account } from "./account";
import { instance } from "./instance";
import type { Kind } from "./kind";
import { backendService, forwardingRule, healthCheck, instanceGroup, membership } from "./loadBalancing";
import { address, firewall, network, subnetwork } from "./network";

/** Everything that the stand-in knows. */
export const kinds: readonly Kind[] = [
  ...[network, subnetwork, firewall, address, account],
  ...[instance, instanceGroup, membership, healthCheck, backendService, forwardingRule],
];
