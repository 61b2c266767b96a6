import { DEFAULT_TIMES, goDuration } from "../certificates/timesPlan";
import type { ScriptInputs } from "../hostScript";

/** What the passes of an exchange of authorities have in common. */
export interface Exchange {
  /** Number of the authorities that the cluster should have. */
  readonly generation: number;
  /** Encrypts the new authorities' keys on their way to other control planes. Secret. */
  readonly certificateKey: string;
}

/** Inputs of authority-add.sh and authority-drop.sh on a control plane. */
export function controlPlaneAuthorityInputs(exchange: Exchange, times = DEFAULT_TIMES): ScriptInputs {
  return { ROLE: "control-plane", ...authorityUseInputs(exchange, times), AUTHORITY: "" };
}

/**
 * Inputs of authority-add.sh and authority-drop.sh on a worker.
 *
 * @param authority what the worker should trust, PEM in base64: the result of the same pass on a control plane
 */
export function workerAuthorityInputs(
  generation: number,
  authority: string,
  { validity } = DEFAULT_TIMES,
): ScriptInputs {
  const AUTHORITY_GENERATION = String(generation);
  return {
    ROLE: "worker",
    AUTHORITY_GENERATION,
    VALIDITY: goDuration(validity),
    CERTIFICATE_KEY: "",
    AUTHORITY: authority,
  };
}

/** Inputs of authority-use.sh. */
export function authorityUseInputs(
  { generation, certificateKey }: Exchange,
  { validity } = DEFAULT_TIMES,
): ScriptInputs {
  const AUTHORITY_GENERATION = String(generation);
  return { AUTHORITY_GENERATION, VALIDITY: goDuration(validity), CERTIFICATE_KEY: certificateKey };
}

/** Inputs of authority-kubelet.sh. @param authority the result of authority-use.sh on a control plane */
export function authorityKubeletInputs(generation: number, authority: string): ScriptInputs {
  return { AUTHORITY_GENERATION: String(generation), AUTHORITY: authority };
}

/**
 * Checks the result of a pass on a control plane.
 *
 * @returns the cluster's authorities, PEM in base64
 * @throws Error where the text is something else
 */
export function parseAuthority(printed: string): string {
  const text = Buffer.from(printed, "base64").toString("utf8");
  if (!text.startsWith("-----BEGIN CERTIFICATE-----")) throw new Error("no certificate authority");
  return printed;
}
