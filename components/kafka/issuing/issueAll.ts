import { X509Certificate } from "node:crypto";

import { Fatal } from "../../failures";
import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { ENCRYPTION_ANNOTATION } from "../plan/annotations";
import {
  AUTHORITIES_FILE,
  authoritiesName,
  AUTHORITY_NAMESPACE,
  authorityName,
  CERTIFICATE_FILE,
  jobCertificateName,
  nodeCertificatesName,
} from "../plan/certificates";
import { jobName, NODES } from "../plan/principals";
import type { TlsCertificate } from "../protocol/ask";
import type { IssuingReport, IssuingTask } from "./task";
import { certificateIn, type Credential, fileOf, issue, newAuthority, type Wanted, whyToIssue } from "./x509";

interface Secret {
  readonly data?: Readonly<Record<string, string>>;
}

/** What the program reads and changes of the API server. */
export type Objects = Pick<PodApiClient, "find" | "list" | "patch" | "create">;

/**
 * Makes the authority if there is none, and issues the certificates that are missing, end soon, or don't have all names. Keys are in
 * Secrets alone.
 *
 * @param takenUpBy has nodes take up the certificates, with one of the Job's own, which is in no Secret
 * @throws Fatal if the authority's key is gone while nodes use its certificates
 */
export async function issueAll(
  kubernetes: Objects,
  task: IssuingTask,
  now: Date,
  takenUpBy: (own: TlsCertificate, certificates: ReadonlyMap<string, X509Certificate>) => Promise<string[]>,
): Promise<IssuingReport> {
  const authority = await authorityOf(kubernetes, task, now);
  const addresses = await addressesOf(kubernetes, task.namespace);
  const issued: Record<string, string> = {};
  const ends: Date[] = [];
  /** The file that a Secret is to have: the one that is there, or a new one. */
  const fileFor = async (label: string, before: string | undefined, wanted: Wanted): Promise<string> => {
    const reason = whyToIssue(before, authority, wanted, now);
    if (reason !== undefined) issued[label] = reason;
    const file = reason === undefined ? before! : fileOf(await issue(authority, wanted, now));
    ends.push(certificateIn(file)!.validToDate);
    return file;
  };

  const nodes = await filesIn(kubernetes, task.namespace, nodeCertificatesName(task.cluster));
  const wanted: Record<string, string> = {};
  for (const { pod, names, services } of task.nodes) {
    const hosts = [...names, ...services.flatMap((name) => addresses.get(name) ?? []), ...task.hosts];
    wanted[`${pod}.pem`] = await fileFor(pod, nodes?.[`${pod}.pem`], { name: NODES, hosts });
  }
  const ofAuthority = { [AUTHORITIES_FILE]: authority.certificate };
  await write(kubernetes, task.namespace, nodeCertificatesName(task.cluster), nodes, { ...wanted, ...ofAuthority });
  for (const job of task.jobs) {
    const name = jobCertificateName(job);
    const before = await filesIn(kubernetes, task.namespace, name);
    const file = await fileFor(job, before?.[CERTIFICATE_FILE], { name: job, hosts: [] });
    await write(kubernetes, task.namespace, name, before, { [CERTIFICATE_FILE]: file, ...ofAuthority });
  }
  await publish(kubernetes, task, ofAuthority);
  const own = fileOf(await issue(authority, { name: jobName(task.cluster, "certificates"), hosts: [] }, now));
  const certificates = new Map(task.nodes.map(({ pod }) => [pod, certificateIn(wanted[`${pod}.pem`]!)!]));
  return {
    issued,
    takenUp: await takenUpBy({ key: own, cert: own, ca: authority.certificate }, certificates),
    firstEnd: new Date(Math.min(...ends.map(Number))).toISOString(),
    authorityEnd: new X509Certificate(authority.certificate).validToDate.toISOString(),
    authority: authority.certificate,
  };
}

const KEY_FILE = "authority.key";
const AUTHORITY_FILE = "authority.pem";

async function authorityOf(kubernetes: Objects, task: IssuingTask, now: Date): Promise<Credential> {
  const name = authorityName(task.cluster);
  const files = await filesIn(kubernetes, AUTHORITY_NAMESPACE, name);
  if (files) return { key: files[KEY_FILE]!, certificate: files[AUTHORITY_FILE]! };
  await refuseToReplace(kubernetes, task);
  const authority = await newAuthority(`${task.cluster} authority of ${now.toISOString().slice(0, 10)}`, now);
  const made = { [KEY_FILE]: authority.key, [AUTHORITY_FILE]: authority.certificate };
  await write(kubernetes, AUTHORITY_NAMESPACE, name, undefined, made);
  return authority;
}

/** Nodes trust one authority: with certificates of another one, each would be cut off as soon as it restarts. */
async function refuseToReplace(kubernetes: Objects, { cluster, namespace, pools }: IssuingTask): Promise<void> {
  for (const pool of pools) {
    const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/${pool}`;
    const set = await kubernetes.find<{ metadata: { annotations?: Record<string, string> } }>(path);
    if (set?.metadata.annotations?.[ENCRYPTION_ANNOTATION] === undefined) continue;
    throw new Fatal(
      `the Secret ${AUTHORITY_NAMESPACE}/${authorityName(cluster)} is gone, whose authority Kafka's nodes trust. Bring it back from a ` +
        "backup of the control plane. Without one, take kafka.security.encryption back to open, step by step: nothing was issued. [KK571]",
    );
  }
}

/** Addresses of the namespace's Services, by their names. */
async function addressesOf(kubernetes: Objects, namespace: string): Promise<Map<string, string[]>> {
  const services = await kubernetes.list<{ metadata: { name: string }; spec: { clusterIPs?: string[] } }>(
    `/api/v1/namespaces/${namespace}/services`,
  );
  return new Map(
    services.map(({ metadata, spec }) => [metadata.name, (spec.clusterIPs ?? []).filter((each) => each !== "None")]),
  );
}

/** The files in a Secret; undefined if there is no such Secret. */
async function filesIn(
  kubernetes: Objects,
  namespace: string,
  name: string,
): Promise<Record<string, string> | undefined> {
  const secret = await kubernetes.find<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
  if (!secret) return undefined;
  const files = Object.entries(secret.data ?? {});
  return Object.fromEntries(files.map(([file, data]) => [file, Buffer.from(data, "base64").toString()]));
}

/** Writes the files of a Secret that differ, and takes out those that aren't wanted any more. */
async function write(
  kubernetes: Objects,
  namespace: string,
  name: string,
  before: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const inBase64 = ([file, text]: [string, string]): [string, string] => [file, Buffer.from(text).toString("base64")];
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  if (!before) {
    const data = Object.fromEntries(Object.entries(wanted).map(inBase64));
    await kubernetes.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name }, type: "Opaque", data });
    return;
  }
  const changed = Object.entries(wanted).filter(([file, text]) => before[file] !== text);
  const gone = Object.keys(before).filter((file) => !(file in wanted));
  if (changed.length + gone.length === 0) return;
  const data = Object.fromEntries([...changed.map(inBase64), ...gone.map((file) => [file, null] as const)]);
  await kubernetes.patch(`${secrets}/${name}`, { data });
}

/** Gives the authority's certificate to clients, in a ConfigMap that they may read. */
async function publish(kubernetes: Objects, task: IssuingTask, data: Record<string, string>): Promise<void> {
  const maps = `/api/v1/namespaces/${task.namespace}/configmaps`;
  const name = authoritiesName(task.cluster);
  const before = await kubernetes.find<Secret>(`${maps}/${name}`);
  if (!before) await kubernetes.create(maps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
  else if (before.data?.[AUTHORITIES_FILE] !== data[AUTHORITIES_FILE])
    await kubernetes.patch(`${maps}/${name}`, { data });
}
