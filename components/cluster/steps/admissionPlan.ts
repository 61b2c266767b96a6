import type { Role } from "../../hosts/host";
import type { ScriptInputs } from "../hostScript";

/** What request.sh prints. Nothing of it is secret. */
interface JoinRequest {
  /** A request for the certificate of the host's node, PEM in base64. */
  readonly request: string;
  readonly machineId: string;
  /** Certificate authority of the cluster that the host says it is a node of, PEM in base64. Empty: of none. */
  readonly nodeOf: string;
}

/**
 * @param role what the host joins as
 * @param address the host's
 * @param printed by request.sh
 */
export function admitInputs(role: Role, address: string, printed: string): ScriptInputs {
  const { request, machineId, nodeOf } = JSON.parse(printed) as JoinRequest;
  return { ROLE: role, ADDRESS: address, REQUEST: request, MACHINE_ID: machineId, NODE_OF: nodeOf };
}

/** What admit.sh prints. Nothing of it is secret: the key that the certificate is for has never left the host. */
interface Admission {
  /** What the host joins by, PEM in base64. Empty where it is a node of the cluster already. */
  readonly certificate: string;
  /** Whom the API servers' certificates come from, PEM in base64. */
  readonly authority: string;
}

/** @param printed by admit.sh */
export function parseAdmission(printed: string): Admission {
  return JSON.parse(printed) as Admission;
}
