/** A resource as the engine hands it to a provider, with all of its inputs known. */
export interface Request {
  type: string;
  name: string;
  /** All of the resource's inputs. */
  inputs: any;
}

/**
 * Constant answers of hosts and API servers, with the parts that the program reads. Each answer names its resource, so that a reader of a
 * golden file sees where it is used.
 */
export function outputsOf({ type, name, inputs }: Request): Record<string, unknown> {
  if (type.startsWith("command:")) return { ...inputs, stdout: printedBy(type, name, inputs), stderr: "" };
  if (type.startsWith("gcp:")) return { ...inputs, ...madeByGoogle(type, name, inputs) };
  if (type.startsWith("kubernetes:")) return { ...inputs, ...completed(type, name, inputs) };
  return inputs;
}

function printedBy(type: string, name: string, inputs: Request["inputs"]): string {
  if (type === "command:local:Command") {
    if (name.endsWith("-introduction")) return `PRIVATE KEY of ${name}\necdsa-sha2-nistp256 public-key-of-${name}`;
    if (name.endsWith("-identity")) return "1a2b3c4d";
    if (name.endsWith("-backup-key")) return `PRIVATE KEY of ${name}\n-----BEGIN CERTIFICATE-----\nof ${name}\n`;
    if (name.endsWith("-one-at-a-time")) return inputs.environment.MACHINES;
    return name.endsWith("ssh-key")
      ? `PRIVATE KEY of ${name}\nssh-ed25519 public-key-of-${name}`
      : `ssh-ed25519 host-key-of-${name}`;
  }
  if (name.endsWith("-host-key")) return `ssh-ed25519 host-key-of-${name.replace("-host-key", "")}`;
  if (name.endsWith("-preflight")) {
    return JSON.stringify({ machineId: `machine-id-of-${name}`, mtu: 1500, clock: 0, asked: null });
  }
  if (name.endsWith("-init")) {
    return JSON.stringify({ authority: base64(`authority of ${name}`), certificateKey: `certificate key of ${name}` });
  }
  if (name.endsWith("-request"))
    return JSON.stringify({ request: base64(name), machineId: `machine-id-of-${name}`, nodeOf: "" });
  if (name.endsWith("-admit"))
    return JSON.stringify({ certificate: base64(name), authority: base64(`authority of ${name}`) });
  if (
    /-authority-kubelet$/.test(name) ||
    (name.endsWith("-authority-add") && JSON.stringify(inputs.stdin).includes("ROLE='worker'"))
  )
    return marked(name.includes("-unjoined-") ? "no node yet" : "node");
  if (/-authority-(add|use|drop)$/.test(name))
    return marked(base64(`-----BEGIN CERTIFICATE-----\nauthority of ${name}\n`));
  if (name.endsWith("-pod-network")) return JSON.stringify({ unchecked: [] });
  if (name.endsWith("-kubeconfig")) return base64(kubeconfig(name));
  return marked("");
}

/** A result between the marks of hostReport.ts. */
const marked = (result: string): string =>
  `----- kubeadm-kafka: the result begins -----\n${result && `${result}\n`}----- kubeadm-kafka: the result ends -----`;

function kubeconfig(name: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: "https://set-by-the-program", "certificate-authority-data": "" } }],
    users: [{ name, user: { token: `administrator's token of ${name}` } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

function completed(type: string, name: string, inputs: Request["inputs"]): Record<string, unknown> {
  const metadata = { name: `${name}-named-by-pulumi`, uid: "00000000-0000-4000-8000-000000000000", ...inputs.metadata };
  if (type.endsWith(":Job"))
    metadata.annotations = { ...metadata.annotations, "kubeadm-kafka/report": `{ "of": "${name}" }` };
  return type.endsWith(":Service") && !inputs.spec.clusterIP
    ? { metadata, spec: { clusterIP: "10.96.0.100", ...inputs.spec } }
    : { metadata };
}

function madeByGoogle(type: string, name: string, inputs: Request["inputs"]): Record<string, unknown> {
  const selfLink = `self-link-of-${name}`;
  if (type.endsWith(":Address")) return { selfLink, address: "198.51.100.1" };
  if (type.endsWith(":Account")) return { email: `${name}@project.iam.gserviceaccount.com` };
  if (!type.endsWith(":Instance")) return { selfLink };
  const networkInterfaces = inputs.networkInterfaces.map((card: { accessConfigs: object[] }) => ({
    ...card,
    accessConfigs: card.accessConfigs.map((config) => ({ natIp: `public-address-of-${name}`, ...config })),
  }));
  return { selfLink, instanceId: `instance-id-of-${name}`, networkInterfaces };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
