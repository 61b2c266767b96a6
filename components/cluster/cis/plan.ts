/** Checks of cis.sh, by the numbers of the CIS Kubernetes Benchmark v1.12.0. The sentences are ours. */

/** One check. */
interface Check {
  /** What is true of a node that passes. */
  readonly what: string;
  /** Why a node of this program's may fail. Such a failure isn't an error. @default it must pass */
  readonly accepted?: string;
}

/** All checks, in the benchmark's order. docs/cis.md has a row for each. */
export const checks: ReadonlyMap<string, Check> = new Map<string, Check>(
  Object.entries({
    ...manifestFiles("API server", 1),
    ...manifestFiles("controller manager", 3),
    ...manifestFiles("scheduler", 5),
    ...manifestFiles("etcd", 7),
    "1.1.9": {
      what: "The pod network's files are for root only",
      accepted:
        "Calico writes its configuration for everybody to read. It has no secret: the credential is in a file of its own, with 600",
    },
    "1.1.10": { what: "The pod network's files belong to root" },
    "1.1.11": { what: "etcd's data are for its owner only" },
    "1.1.12": {
      what: "etcd's data belong to a user etcd",
      accepted: "kubeadm runs etcd as root, in a container without other processes; a host has no such user",
    },
    "1.1.13": { what: "The administrators' kubeconfigs are for root only" },
    "1.1.14": { what: "The administrators' kubeconfigs belong to root" },
    "1.1.15": { what: "The scheduler's kubeconfig is for root only" },
    "1.1.16": { what: "The scheduler's kubeconfig belongs to root" },
    "1.1.17": { what: "The controller manager's kubeconfig is for root only" },
    "1.1.18": { what: "The controller manager's kubeconfig belongs to root" },
    "1.1.19": { what: "Certificates and keys belong to root" },
    "1.1.20": { what: "Only root can change certificates" },
    "1.1.21": { what: "Private keys are for root only" },
    "1.2.1": { what: "The API server answers nobody without a credential, but for health checks" },
    "1.2.2": { what: "The API server accepts no tokens from a file" },
    "1.2.3": {
      what: "Services with external IPs are refused",
      accepted:
        "on machines without a load balancer external IPs are how some users reach services; who may create Services is yours to say",
    },
    "1.2.4": { what: "The API server identifies itself to kubelets" },
    "1.2.5": {
      what: "The API server verifies the kubelets' certificates",
      accepted:
        "passes on clusters made by this release or a later one; an older cluster's when each node has been upgraded, see docs/certificates.md",
    },
    "1.2.6": { what: "No authorizer allows every request" },
    "1.2.7": { what: "A kubelet may read what its own pods need" },
    "1.2.8": { what: "Roles decide what all others may do" },
    "1.2.9": { what: "A flood of Events is refused" },
    "1.2.10": { what: "No plug-in admits everything" },
    "1.2.11": {
      what: "Each pod's start asks the registry for its image",
      accepted: "pods have to start while the registry or the mirror doesn't answer, also after a power failure",
    },
    "1.2.12": { what: "Pods get service accounts" },
    "1.2.13": { what: "Nothing is created in a namespace that is being deleted" },
    "1.2.14": { what: "A kubelet may change its own node and pods only" },
    "1.2.15": { what: "The API server offers no profile of itself" },
    "1.2.16": { what: "The API server writes an audit log" },
    "1.2.17": { what: "The audit log is kept for 30 days" },
    "1.2.18": { what: "The audit log keeps 10 files" },
    "1.2.19": { what: "The audit log's files may grow to 100 MiB" },
    "1.2.20": { what: "A request ends after a minute, Kubernetes' default" },
    "1.2.21": { what: "A deleted service account's token ends" },
    "1.2.22": { what: "Service accounts' tokens are verified by a key" },
    "1.2.23": { what: "The API server identifies itself to etcd" },
    "1.2.24": { what: "The API server has a certificate" },
    "1.2.25": { what: "The API server verifies its clients' certificates" },
    "1.2.26": { what: "The API server verifies etcd's certificate" },
    "1.2.27": { what: "Secrets are encrypted in etcd" },
    "1.2.28": { what: "Secrets are written by a strong cipher" },
    "1.2.29": { what: "The API server offers strong ciphers only" },
    "1.2.30": {
      what: "A pod's token ends after an hour",
      accepted:
        "Kubernetes lets such a token live for a year, for programs that read theirs only once: they would fail an hour after `up`",
    },
    "1.3.1": {
      what: "A limit for pods that have ended is set",
      accepted: "Kubernetes' default, 12500 pods, applies. A lower one would remove others' logs before they are read",
    },
    "1.3.2": { what: "The controller manager offers no profile of itself" },
    "1.3.3": { what: "Each controller has a service account of its own" },
    "1.3.4": { what: "Service accounts' tokens are signed by a key" },
    "1.3.5": { what: "Pods get the authority of the API server's certificate" },
    "1.3.6": { what: "Kubelets' certificates may be renewed" },
    "1.3.7": { what: "The controller manager listens on loopback only" },
    "1.4.1": { what: "The scheduler offers no profile of itself" },
    "1.4.2": { what: "The scheduler listens on loopback only" },
    "2.1": { what: "etcd has a certificate" },
    "2.2": { what: "etcd verifies its clients" },
    "2.3": { what: "etcd doesn't sign its certificate itself" },
    "2.4": { what: "etcd's members have certificates for each other" },
    "2.5": { what: "etcd's members verify each other" },
    "2.6": { what: "etcd's members don't sign these certificates themselves" },
    "2.7": { what: "etcd has an authority of its own" },
    "3.2.1": { what: "The audit log has a policy" },
    "4.1.1": {
      what: "The kubelet's unit is for root only",
      accepted:
        "it is a file of the package, without a secret; systemd shows every user its content, and warns of a unit that isn't readable",
    },
    "4.1.2": { what: "The kubelet's unit belongs to root" },
    "4.1.3": { what: "kube-proxy's kubeconfig is for root only" },
    "4.1.4": { what: "kube-proxy's kubeconfig belongs to root" },
    "4.1.5": { what: "The kubelet's kubeconfig is for root only" },
    "4.1.6": { what: "The kubelet's kubeconfig belongs to root" },
    "4.1.7": { what: "Only root can change the authority of the kubelet's clients" },
    "4.1.8": { what: "The authority of the kubelet's clients belongs to root" },
    "4.1.9": { what: "The kubelet's settings are for root only" },
    "4.1.10": { what: "The kubelet's settings belong to root" },
    "4.2.1": { what: "The kubelet answers nobody without a credential" },
    "4.2.2": { what: "The kubelet asks the API server what a client may do" },
    "4.2.3": { what: "The kubelet verifies its clients' certificates" },
    "4.2.4": { what: "The kubelet has no port without authentication" },
    "4.2.5": { what: "Idle connections into containers end" },
    "4.2.6": { what: "The kubelet writes its packet filter rules" },
    "4.2.7": { what: "The kubelet goes by the host's name" },
    "4.2.8": { what: "The kubelet records Events, with a limit" },
    "4.2.9": {
      what: "The kubelet's certificate is signed by an authority",
      accepted: onRunningNodes(),
    },
    "4.2.10": { what: "The kubelet renews its client certificate" },
    "4.2.11": { what: "The kubelet may renew its server certificate" },
    "4.2.12": { what: "The kubelet offers strong ciphers only", accepted: onRunningNodes() },
    "4.2.13": {
      what: "A pod's number of processes is limited",
      accepted: "only you know how many threads your programs need: set `kubelet.podPidsLimit` of each host",
    },
    "4.2.14": { what: "Containers get the runtime's seccomp profile", accepted: onRunningNodes() },
    "4.3.1": { what: "kube-proxy's metrics are on loopback only" },
  } satisfies Record<string, Check>),
);

function manifestFiles(component: string, first: number): Record<string, Check> {
  return {
    [`1.1.${first}`]: { what: `The ${component}'s manifest is for root only`.replace("The etcd", "etcd") },
    [`1.1.${first + 1}`]: { what: `The ${component}'s manifest belongs to root`.replace("The etcd", "etcd") },
  };
}

function onRunningNodes(): string {
  return "passes on nodes made by this release or a later one; an older node gets the setting when it is upgraded, or when its `kubelet` settings change";
}
