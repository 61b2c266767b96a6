import { DEFAULT_TIMES, goDuration } from "../certificates/timesPlan";
import type { ScriptInputs } from "../hostScript";

/** Texts of actions that a control plane runs without any `up`, with their inputs. */
interface UnattendedScripts {
  /** See renew-certificates.sh. */
  readonly RENEWER: string;
  /** See approve-kubelets.sh. */
  readonly APPROVER: string;
}

/**
 * Inputs of certificates.sh. WINDOW, which no script reads, makes each new time window a change of the inputs: `up` then looks at
 * the certificates again, at least twice before one ends.
 *
 * @param now time in seconds since 1970
 */
export function certificateInputs(now: number, scripts: UnattendedScripts, times = DEFAULT_TIMES): ScriptInputs {
  return {
    ...renewalInputs(times),
    ...scripts,
    PERIOD: String(Math.min(LONGEST_PERIOD, Math.max(SHORTEST_PERIOD, Math.floor(times.renewBefore / 30)))),
    WINDOW: String(windowOf(now, times.renewBefore / 2)),
  };
}

/** Time between two runs of a control plane's timer, in seconds. */
const [SHORTEST_PERIOD, LONGEST_PERIOD] = [20, 86_400];

/**
 * Inputs of kubeconfig.sh. WINDOW makes the step run again when half of a certificate's validity is over: until then every `up` has a
 * kubeconfig that is valid for at least the other half. Not more often, since a preview in which the step runs again doesn't know
 * the kubeconfig, and lists all objects of the cluster as changes. The host's address isn't among the inputs for the same reason.
 *
 * @param now time in seconds since 1970
 * @param authorityGeneration another number makes the step run again as well: the exchanged authority signs
 */
export function kubeconfigInputs(
  now: number,
  { validity } = DEFAULT_TIMES,
  authorityGeneration?: number,
): ScriptInputs {
  const window = windowOf(now, validity / 2);
  const WINDOW = authorityGeneration === undefined ? String(window) : `${window}, authority ${authorityGeneration}`;
  return { VALIDITY: goDuration(validity), WINDOW };
}

/** Inputs of renew-certificates.sh. */
export function renewalInputs({ validity, renewBefore } = DEFAULT_TIMES): ScriptInputs {
  return { VALIDITY: goDuration(validity), RENEW_BEFORE: String(renewBefore) };
}

/** Number of the time window that a time is in. @param length of windows, in seconds */
function windowOf(now: number, length: number): number {
  return Math.floor(now / length);
}
