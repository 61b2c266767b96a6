import { images } from "../../artifacts/images";
import { secondsOf } from "../certificates/timesPlan";
import type { ScriptInputs } from "../hostScript";
import type { PlannedHost } from "../hostsPlan";

/** Backups of the control planes: etcd's data, certificates, the key of Secrets and the program's records. */
export interface BackupSettings {
  /** Whether there are backups. If not, those that were written stay. */
  readonly enabled: boolean;
  /** Time between two backups, in minutes, hours or days. @example "6h" */
  readonly every: string;
  /** Which backups stay on a host. The newest always does. */
  readonly keep: {
    /** Largest number of backups. */
    readonly count: number;
    /** Largest age in days. */
    readonly days: number;
  };
  /** Certificate to which backups are encrypted, PEM. @default the stack's own, whose private key is only in its state */
  readonly encryptTo?: string | undefined;
  /** Bucket to which each backup is uploaded. @default none */
  readonly s3?: S3Target | undefined;
}

/** A bucket of an S3-like service. */
export interface S3Target {
  /** Base URL. @example "https://s3.eu-central-1.amazonaws.com" */
  readonly endpoint: string;
  readonly bucket: string;
  /** What the objects' names begin with. @default "" */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * The host that gets a copy of each backup: the first worker, also from several control planes, since a restore is for the loss of
 * all of them.
 *
 * @returns undefined where there is no worker
 */
export function copyTarget(hosts: readonly Pick<PlannedHost, "name" | "role">[]): string | undefined {
  return hosts.find(({ role }) => role === "worker")?.name;
}

/**
 * Inputs of backups.sh.
 *
 * @param recipient the certificate to encrypt to, PEM
 * @param copyTo the other host that gets copies
 * @param script the text of take-backup.sh
 */
export function backupsInputs(
  { every, keep, encryptTo, s3 }: BackupSettings,
  recipient: string,
  copyTo: string | undefined,
  script: string,
): ScriptInputs {
  return {
    TAKE_BACKUP: script,
    RECIPIENT: recipient.trim(),
    STACKS_KEY: String(encryptTo === undefined),
    EVERY_SECONDS: String(secondsOf(every)),
    KEEP_COUNT: String(keep.count),
    KEEP_DAYS: String(keep.days),
    COPY_TO: copyTo ?? "",
    COPY_IMAGE: images.localPath.helper,
    S3_ENDPOINT: s3?.endpoint.replace(/\/+$/, "") ?? "",
    S3_BUCKET: s3?.bucket ?? "",
    S3_PREFIX: s3?.prefix.replace(/^\/+|\/+$/g, "") ?? "",
    S3_REGION: s3?.region ?? "",
    S3_KEY_ID: s3?.accessKeyId ?? "",
    S3_SECRET: s3?.secretAccessKey ?? "",
  };
}
