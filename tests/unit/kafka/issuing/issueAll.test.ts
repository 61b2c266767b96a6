import { X509Certificate } from "node:crypto";
import { issueAll as issueAllTo, type Objects } from "../../../../components/kafka/issuing/issueAll";
import type { IssuingTask } from "../../../../components/kafka/issuing/task";

const NOW = new Date();
const nodeOf = (id: number, pod: string, services: string[]): IssuingTask["nodes"][number] => ({
  id,
  pod,
  isBroker: true,
  address: { host: pod, port: 9191 },
  names: [`${pod}.kafka.svc.cluster.local`],
  services,
});
const task: IssuingTask = {
  cluster: "kafka",
  namespace: "kafka",
  pools: ["kafka"],
  nodes: ["kafka-0", "kafka-1"].map((pod, id) => nodeOf(id, pod, [pod])),
  hosts: [],
  jobs: ["kafka-roll"],
};

const issueAll = (api: Objects, wanted: IssuingTask, now: Date) => issueAllTo(api, wanted, now, async () => []);

/** An API server that has objects in memory. */
class Api implements Objects {
  readonly objects = new Map<string, any>();
  readonly changes: string[] = [];

  constructor(annotations?: object) {
    if (annotations)
      this.objects.set("/apis/apps/v1/namespaces/kafka/statefulsets/kafka", { metadata: { annotations } });
  }

  async find(path: string): Promise<any> {
    return this.objects.get(path);
  }

  async list(path: string): Promise<any[]> {
    expect(path).toBe("/api/v1/namespaces/kafka/services");
    return ["kafka-0", "kafka-1"].map((name, id) => ({ metadata: { name }, spec: { clusterIPs: [`10.96.0.${id}`] } }));
  }

  async create(path: string, body: any): Promise<void> {
    const name = `${path}/${body.metadata.name}`;
    expect(this.objects.has(name)).toBe(false);
    this.objects.set(name, body);
    this.changes.push(`create ${name}`);
  }

  async patch(path: string, { data }: any): Promise<void> {
    const object = this.objects.get(path);
    const merged = Object.entries({ ...object.data, ...data }).filter(([, value]) => value !== null);
    this.objects.set(path, { ...object, data: Object.fromEntries(merged) });
    this.changes.push(`patch ${path} ${Object.keys(data).join()}`);
  }

  file(secret: string, name: string): string {
    return Buffer.from(this.objects.get(secret).data[name], "base64").toString();
  }
}

const NODES = "/api/v1/namespaces/kafka/secrets/kafka-certificates";
const ROLL = "/api/v1/namespaces/kafka/secrets/kafka-roll-certificate";
const AUTHORITY = "/api/v1/namespaces/kafka-authority/secrets/kafka-authority";
const PUBLIC = "/api/v1/namespaces/kafka/configmaps/kafka-authorities";
const certificateOf = (file: string) => new X509Certificate(file.slice(file.indexOf("-----BEGIN CERTIFICATE")));

test("the first run makes an authority, and certificates for each pod and Job", async () => {
  const api = new Api();
  const report = await issueAll(api, task, NOW);
  expect(report.issued).toEqual({ "kafka-0": "it is new", "kafka-1": "it is new", "kafka-roll": "it is new" });
  expect(api.changes).toEqual([AUTHORITY, NODES, ROLL, PUBLIC].map((path) => `create ${path}`));
  const certificate = certificateOf(api.file(NODES, "kafka-1.pem"));
  expect(certificate.subjectAltName).toBe("DNS:kafka-1.kafka.svc.cluster.local, IP Address:10.96.0.1");
  expect(certificate.checkIssued(new X509Certificate(report.authority))).toBe(true);
  expect(certificateOf(api.file(ROLL, "certificate.pem")).subject).toBe("CN=kafka-roll");
});

test("keys are in Secrets alone", async () => {
  const api = new Api();
  const report = await issueAll(api, task, NOW);
  expect(JSON.stringify([report, api.objects.get(PUBLIC)])).not.toContain("PRIVATE");
  for (const secret of [NODES, ROLL])
    for (const name of Object.keys(api.objects.get(secret).data))
      expect(api.file(secret, name)).not.toContain(api.file(AUTHORITY, "authority.key"));
});

test("a second run changes nothing", async () => {
  const api = new Api();
  await issueAll(api, task, NOW);
  api.changes.length = 0;
  const report = await issueAll(api, task, new Date(NOW.getTime() + 3600_000));
  expect([report.issued, api.changes]).toEqual([{}, []]);
});

test("another broker gets a certificate, the others keep theirs, and one that left loses its", async () => {
  const api = new Api();
  await issueAll(api, task, NOW);
  const before = api.file(NODES, "kafka-0.pem");
  api.changes.length = 0;
  const grown = { ...task, nodes: [task.nodes[0]!, nodeOf(2, "kafka-2", [])] };
  expect((await issueAll(api, grown, NOW)).issued).toEqual({ "kafka-2": "it is new" });
  expect(api.changes).toEqual([`patch ${NODES} kafka-2.pem,kafka-1.pem`]);
  expect(api.file(NODES, "kafka-0.pem")).toBe(before);
  expect(Object.keys(api.objects.get(NODES).data).sort()).toEqual(["authorities.pem", "kafka-0.pem", "kafka-2.pem"]);
});

test("old certificates are renewed by the same authority", async () => {
  const api = new Api();
  const { authority } = await issueAll(api, task, NOW);
  const later = await issueAll(api, task, new Date(NOW.getTime() + 300 * 24 * 3600_000));
  expect(later.issued["kafka-0"]).toBe("its time is coming to an end");
  expect(later.authority).toBe(authority);
});

test("an authority that is gone isn't replaced while nodes use its certificates", async () => {
  const api = new Api({ "kubeadm-kafka/security": "moved" });
  await expect(issueAll(api, task, NOW)).rejects.toThrow(/Secret kafka-authority\/kafka-authority is gone.*\[KK571\]$/);
  expect(api.changes).toEqual([]);
});

test("an authority that went with the step back to open is replaced, and with it all certificates", async () => {
  const api = new Api({});
  await issueAll(api, task, NOW);
  api.objects.delete(AUTHORITY);
  const { issued, authority } = await issueAll(api, task, NOW);
  expect(Object.values(issued)).toEqual(Array(3).fill("its authority is another one"));
  expect(api.file(NODES, "authorities.pem")).toBe(authority);
});

test("nodes take up the certificates after they are in their Secret, by one of the Job's own that is in none", async () => {
  const api = new Api();
  const { takenUp } = await issueAllTo(api, task, NOW, async (own, certificates) => {
    expect(certificateOf(own.cert).subject).toBe("CN=kafka-certificates");
    expect(JSON.stringify([...api.objects.values()])).not.toContain(Buffer.from(own.key).toString("base64"));
    for (const [pod, { fingerprint256 }] of certificates)
      expect(certificateOf(api.file(NODES, `${pod}.pem`)).fingerprint256).toBe(fingerprint256);
    return [...certificates.keys()];
  });
  expect(takenUp).toEqual(["kafka-0", "kafka-1"]);
});
