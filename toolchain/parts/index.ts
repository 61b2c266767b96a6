import { conformance } from "./conformance";
import { hostImage } from "./hostImage";
import { mirror } from "./mirror";
import type { Part } from "./part";
import { pulumi } from "./pulumi";

/** In the order in which they are made ready: a later one may count on the earlier ones. */
export const parts: Part[] = [pulumi, hostImage, mirror, conformance];
