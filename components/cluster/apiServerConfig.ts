import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** The API servers' log of who changed what. Each control plane has its own, with the requests to its API server. */
export interface AuditSettings {
  /** Whether requests are logged. */
  readonly enabled: boolean;
  /** Age at which a rotated file is removed, in days. */
  readonly maxAgeDays: number;
  /** Number of rotated files, compressed, beside the one that is written. */
  readonly maxBackups: number;
  /** Size at which the file is rotated, in MiB. */
  readonly maxSizeMegabytes: number;
}

/** Settings of a cluster that its API servers get beside kubeadm's own. */
export interface ApiServerSettings {
  /** Whether Secrets are encrypted in etcd. Fixed, unless secretsEncryption is given. */
  readonly encryptSecrets: boolean;
  /** By what Secrets are encrypted. @default what the cluster was made with */
  readonly secretsEncryption?: SecretsEncryption | undefined;
  /** The log of who changed what. @default none */
  readonly audit?: AuditSettings | undefined;
}

/**
 * By what API servers encrypt Secrets in etcd. If it is given, it may change on a running cluster, as may encryptSecrets.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
 */
export interface SecretsEncryption {
  /** Number of the key. A higher one makes a new key on a control plane, or lets the plug-in encrypt all Secrets anew. */
  readonly keyGeneration: number;
  /** What encrypts: a key that a control plane makes, or the plug-in. */
  readonly provider: "secretbox" | "kms";
  /** The plug-in, if it encrypts Secrets or has encrypted some that are left. @default none */
  readonly kms?: KmsPlugin | undefined;
}

/**
 * A KMS v2 plug-in that somebody runs on each control plane.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/kms-provider/
 */
export interface KmsPlugin {
  /** Its socket on the host. The folder is mounted into the API server. @example "/run/kms/plugin.sock" */
  readonly socket: string;
  /** How long an API server waits for it, in seconds. */
  readonly timeoutSeconds: number;
}

/** Folder of the files on each control plane, and of the audit log, as in scripts/lib/api-server-files.sh. */
const FILES = "/etc/kubernetes/kubeadm-kafka";
const AUDIT_LOG = "/var/log/kubeadm-kafka-audit";

/**
 * Cipher suites of TLS 1.2 that servers offer: with forward secrecy and authenticated encryption. Those of TLS 1.3 can't be
 * chosen, and all of them are strong. HTTP/2 requires the first one.
 */
export const cipherSuites = [
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
];

/** Texts of the files that the API servers read at their start, as inputs of scripts/lib/api-server-files.sh. */
export function apiServerFiles({ audit }: ApiServerSettings) {
  return {
    AUDIT_POLICY: audit?.enabled ? readPolicy("audit-policy") : "",
    AUTHENTICATION: readPolicy("authentication"),
    ADMISSION: readPolicy("admission"),
  };
}

/**
 * The API servers' part of a ClusterConfiguration.
 *
 * @see https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
 */
export function apiServerConfig(settings: ApiServerSettings) {
  const { audit, secretsEncryption } = settings;
  return {
    extraArgs: flags({
      "admission-control-config-file": `${FILES}/admission.yaml`,
      ...(audit?.enabled && auditFlags(audit)),
      "authentication-config": `${FILES}/authentication.yaml`,
      // kubeadm's own flag, which this one replaces, has only NodeRestriction.
      "enable-admission-plugins": "NodeRestriction,EventRateLimit",
      ...encryptionFlags(settings),
      // scripts/lib/kubeadm.sh leaves it out as long as kubelets have certificates that they signed themselves.
      "kubelet-certificate-authority": "/etc/kubernetes/pki/ca.crt",
      ...withoutProfiling,
      "tls-cipher-suites": cipherSuites.join(),
    }),
    extraVolumes: [
      mount("kubeadm-kafka", FILES, { readOnly: true }),
      ...(audit?.enabled ? [mount("audit", AUDIT_LOG, { readOnly: false })] : []),
      // A plug-in makes its socket anew at each start, so that its folder is mounted. Connections don't need a writable mount.
      ...(secretsEncryption?.kms
        ? [mount("kms-plugin", posix.dirname(secretsEncryption.kms.socket), { readOnly: true })]
        : []),
    ],
    // The API server ignores it. A changed file becomes a changed manifest, so that the pod restarts.
    extraEnvs: [{ name: "KUBEADM_KAFKA_FILES", value: checksum(Object.values(apiServerFiles(settings))) }],
  };
}

/** Part of a ClusterConfiguration of the controller manager and the scheduler. @param more further flags @default none */
export function controllerConfig(more: Readonly<Record<string, string>> = {}) {
  return { extraArgs: flags({ ...more, ...withoutProfiling }) };
}

/** For the file that init.sh writes, and that joining control planes fetch. */
function encryptionFlags({ encryptSecrets, secretsEncryption }: ApiServerSettings) {
  return {
    ...((encryptSecrets || secretsEncryption) && {
      "encryption-provider-config": "/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml",
    }),
    ...(secretsEncryption && { "encryption-provider-config-automatic-reload": "true" }),
  };
}

/** Profiles of a running program tell about its data. */
const withoutProfiling = { profiling: "false" };

/** In the default mode, an event is written before the request is answered. If the disk is full, requests go on, and events get lost. */
function auditFlags({ maxAgeDays, maxBackups, maxSizeMegabytes }: AuditSettings) {
  return {
    "audit-log-compress": "true",
    "audit-log-maxage": String(maxAgeDays),
    "audit-log-maxbackup": String(maxBackups),
    "audit-log-maxsize": String(maxSizeMegabytes),
    "audit-log-path": `${AUDIT_LOG}/audit.log`,
    "audit-policy-file": `${FILES}/audit-policy.yaml`,
  };
}

function flags(values: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

/** A folder of the host, at the same path in the pod. */
function mount(name: string, path: string, { readOnly }: { readOnly: boolean }) {
  return { name, hostPath: path, mountPath: path, readOnly, pathType: "DirectoryOrCreate" };
}

function checksum(texts: readonly string[]): string {
  return createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
}

/** The text of a file in scripts/policies/, without the newline at its end, which scripts append. */
function readPolicy(name: string): string {
  return readFileSync(join(__dirname, "scripts/policies", `${name}.yaml`), "utf8").trimEnd();
}
