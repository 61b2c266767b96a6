import type { Role } from "../../hosts/host";
import type { ScriptInputs } from "../hostScript";

/** The result of request.sh, without secrets. */
interface JoinRequest {
  /** Certificate signing request of the host's node, PEM in base64. */
  readonly request: string;
  /** @see https://www.freedesktop.org/software/systemd/man/latest/machine-id.html */
  readonly machineId: string;
  /** Authority of the cluster that the host is a node of, by its own account: PEM in base64, empty for none. */
  readonly nodeOf: string;
}

/**
 * Inputs of admit.sh.
 *
 * @param address of the host that joins
 * @param printed result of request.sh on that host
 */
export function admitInputs(role: Role, address: string, printed: string): ScriptInputs {
  const { request, machineId, nodeOf } = JSON.parse(printed) as JoinRequest;
  return { ROLE: role, ADDRESS: address, REQUEST: request, MACHINE_ID: machineId, NODE_OF: nodeOf };
}

/** The result of admit.sh, without secrets: the certificate's private key never leaves the host. */
interface Admission {
  /** Certificate that the host joins with, PEM in base64. Empty where it is a node of the cluster already. */
  readonly certificate: string;
  /** Authority of the API servers' certificates, PEM in base64. */
  readonly authority: string;
}

/** Parses the result of admit.sh. */
export function parseAdmission(printed: string): Admission {
  return JSON.parse(printed) as Admission;
}
