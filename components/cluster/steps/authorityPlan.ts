import { DEFAULT_TIMES, goDuration } from "../certificates/timesPlan";
import type { ScriptInputs } from "../hostScript";

/** What the passes of an exchange of authorities have in common. */
export interface Exchange {
  /** Number of the authorities that the cluster should have. */
  readonly generation: number;
  /** Encrypts the new authorities' keys on their way to other control planes. Secret. */
  readonly certificateKey: string;
}

/**
 * Inputs of authority-add.sh and authority-drop.sh on a control plane.
 *
 * @param unjoined workers that were no nodes in the pass before
 */
export function controlPlaneAuthorityInputs(
  exchange: Exchange,
  unjoined: readonly string[],
  times = DEFAULT_TIMES,
): ScriptInputs {
  return { ROLE: "control-plane", ...authorityUseInputs(exchange, unjoined, times), AUTHORITY: "" };
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
    UNJOINED: "",
    AUTHORITY: authority,
  };
}

/** Inputs of authority-use.sh. @param unjoined workers that were no nodes in the pass before */
export function authorityUseInputs(
  { generation, certificateKey }: Exchange,
  unjoined: readonly string[],
  { validity } = DEFAULT_TIMES,
): ScriptInputs {
  const AUTHORITY_GENERATION = String(generation);
  const UNJOINED = unjoined.join(" ");
  return { AUTHORITY_GENERATION, VALIDITY: goDuration(validity), CERTIFICATE_KEY: certificateKey, UNJOINED };
}

/** Inputs of authority-kubelet.sh. @param authority the result of authority-use.sh on a control plane */
export function authorityKubeletInputs(generation: number, authority: string): ScriptInputs {
  return { AUTHORITY_GENERATION: String(generation), AUTHORITY: authority };
}

/** Reads the result of a pass on a worker. @returns whether the worker is a node @throws Error where the text is something else */
export function parseJoined(printed: string): boolean {
  if (printed !== "node" && printed !== "no node yet") throw new Error("no statement whether the host is a node");
  return printed === "node";
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
