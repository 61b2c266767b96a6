/** Maintenance of hosts that `up` does. */
export interface Maintenance {
  /** When hosts are rebooted. */
  readonly reboot: "never" | "when-needed";
  /** Whether hosts get newer versions of containerd, runc and haproxy from their package sources. */
  readonly updates: "never" | "newest";
}

export const NO_MAINTENANCE: Maintenance = { reboot: "never", updates: "never" };

/** What a host says about itself, as far as its maintenance depends on it. */
export interface HostReport {
  /** Identifies the time since the host's last boot, or since the start of a host that is a container. */
  readonly boot: string;
  /** Why it needs a reboot. @default it needs none @example "runs the kernel 6.1.0-28-amd64, while 6.1.0-30-amd64 is installed" */
  readonly reboot?: string;
  /** A reason for a reboot that is still there after the reboot. @default none */
  readonly remains?: string;
  /** Newer versions of packages, in apt's form. @default none @example "containerd=1.7.24-1 runc=1.1.15-1" */
  readonly updates?: string;
}

/** What is done on a host. Empty: nothing. */
export interface HostTask {
  /** The boot that a reboot ends. */
  readonly boot: string;
  /** Versions of packages, as in HostReport. */
  readonly updates: string;
}

export const NO_TASK: HostTask = { boot: "", updates: "" };

/** A Node's metadata, as far as maintenance depends on it. */
export interface ReportingNode {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** Annotation of a Node that has its host's report, in JSON: report-host.sh writes it. */
export const REPORT_ANNOTATION = "kubeadm-kafka/host";

/**
 * Annotations of a Node with the last task of its host; before-upgrade.sh writes them. The steps' inputs have that task until another
 * one is due, so that a task that has ended changes no step.
 */
export const TASK_ANNOTATIONS: HostTask = { boot: "kubeadm-kafka/left-boot", updates: "kubeadm-kafka/updates" };

/**
 * What a task may consist of. It comes from annotations, which not only the node's kubelet may write, but also whoever may patch the
 * status of nodes, as each Calico agent does; and apt runs as root, and has options that run programs.
 */
const isBoot = (text: string): boolean => /^[\w-]*$/.test(text);
const isUpdates = (text: string): boolean =>
  text === "" || text.split(" ").every((update) => /^[a-z0-9][a-z0-9+.-]*=[a-zA-Z0-9][\w.+:~-]*$/.test(update));

/** The host's report. @returns undefined if there is none, or none in the form that report-host.sh gives it */
export function reportOf({ metadata }: ReportingNode): HostReport | undefined {
  try {
    const report = JSON.parse(metadata.annotations?.[REPORT_ANNOTATION] ?? "{}") as Partial<HostReport>;
    const { boot, reboot = "", remains = "", updates = "" } = report;
    const isPlain = [boot, reboot, remains, updates].every((text) => typeof text === "string" && /^[ -~]*$/.test(text));
    if (!isPlain || !boot || !isBoot(boot) || !isUpdates(updates)) return undefined;
    return { boot, ...(reboot && { reboot }), ...(remains && { remains }), ...(updates && { updates }) };
  } catch {
    return undefined;
  }
}

/** What is due on a host, in its own words. */
export function dueOn(maintenance: Maintenance, node: ReportingNode): Pick<HostReport, "reboot" | "updates"> {
  const { reboot, updates } = reportOf(node) ?? {};
  return {
    ...(maintenance.reboot === "when-needed" && reboot && { reboot }),
    ...(maintenance.updates === "newest" && updates && { updates }),
  };
}

/** The task of a host: what is due or, where nothing is, what was done last. */
export function taskOf(maintenance: Maintenance, node: ReportingNode): HostTask {
  const due = dueOn(maintenance, node);
  const last = (part: keyof HostTask, isPart: (text: string) => boolean) => {
    const text = node.metadata.annotations?.[TASK_ANNOTATIONS[part]] ?? "";
    return isPart(text) ? text : "";
  };
  return {
    boot: maintenance.reboot === "never" ? "" : due.reboot ? reportOf(node)!.boot : last("boot", isBoot),
    updates: maintenance.updates === "never" ? "" : (due.updates ?? last("updates", isUpdates)),
  };
}

/** Whether hosts have to report. */
export function needsReports({ reboot, updates }: Maintenance): boolean {
  return reboot !== "never" || updates !== "never";
}
