/** What an exported state has, of which this file reads a part. */
interface State {
  deployment: { resources?: Resource[]; pending_operations?: Operation[] };
}

interface Resource {
  urn: string;
  type: string;
  custom?: boolean;
  /** It has been replaced, and only its deletion is left. */
  delete?: boolean;
  /** It was deleted in order to be replaced: Pulumi makes it again by itself. */
  pendingReplacement?: boolean;
  inputs?: Properties;
  outputs?: Properties;
}

/** What Pulumi began and could not record the end of. */
interface Operation {
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
  resource: Resource;
}

type Properties = Record<string, unknown>;

/** What a killed or failed `up` has left unfinished of resources that the state has. */
export interface Interruption {
  /** What was killed, `updating StatefulSet kafka`: a line each, for people. */
  readonly changes: readonly string[];
  /** Commands that failed, `Command kafka-master-prepare`: a line each, for people. */
  readonly failures: readonly string[];
  /** The state in which each of these differs from every config, so that the next `up` does it again. */
  readonly state: string;
  /** URNs of resources that may be gone, and of those whose plugin can tell what became of them. */
  readonly toRefresh: readonly string[];
}

/** Also in the state where a refresh failed, so that the next `up` tries it again. bin/pulumi looks for it. */
const INTERRUPTED = "kubeadm-kafka/interrupted";
/** No command of ours logs this alone. */
const OTHER_LOGGING = "stderr";
const marksSecret = "4dabf18193072939515e22adb298388d";

/**
 * Pulumi compares the config with the inputs that an `up` recorded last. Of a change that was killed it records only that it
 * began: where the config is set back, the two are equal, and Pulumi would leave what was half changed as it is. So the recorded
 * inputs get something that no config has. An update then applies all inputs again, and a Job or a host's script runs again.
 * Kafka is rolled where that is needed, and verified.
 *
 * Of an update that failed, Pulumi records nothing at all. bin/pulumi notes those of commands: a script that failed may have changed
 * half of what it changes. What the Kubernetes plugin leaves half done, it has recorded itself.
 *
 * @param exported what `pulumi stack export` prints; secrets may be encrypted
 * @param failed URNs of commands whose update failed
 */
export function readInterruption(exported: string, failed: readonly string[] = []): Interruption {
  const state = JSON.parse(exported) as State;
  const { resources = [], pending_operations: operations = [] } = state.deployment;
  const current = resources.filter((resource) => resource.custom && !resource.delete && !resource.pendingReplacement);
  const byUrn = new Map(current.map((resource) => [resource.urn, resource]));
  const changes: string[] = [];
  const toRefresh = new Set(current.filter(mayBeGone).map(({ urn }) => urn));

  for (const { type, resource } of operations) {
    const recorded = byUrn.get(resource.urn);
    if (!recorded || resource.delete || type === "reading" || recorded.type.startsWith("pulumi:")) continue;
    changes.push(`${type} ${nameOf(recorded)}`);
    const isMarked = mark(recorded, type);
    if (!isMarked || mayBeGone(recorded)) toRefresh.add(recorded.urn);
  }
  const failures = current.filter(({ type, urn }) => type.startsWith("command:") && failed.includes(urn));
  for (const command of failures) mark(command, "updating");
  // A broker may have started meanwhile with what was half changed.
  if (changes.length + failures.length > 0)
    for (const job of current.filter(seesToKafka)) if (!mayBeGone(job)) mark(job, "updating");
  return {
    changes: [...new Set(changes)],
    failures: failures.map(nameOf),
    state: JSON.stringify(state),
    toRefresh: [...toRefresh],
  };
}

/** The URNs of a list that are none of the state's stack. */
export function ofOtherStacks(urns: readonly string[], exported: string): string[] {
  const [resource] = (JSON.parse(exported) as State).deployment.resources ?? [];
  if (!resource) return [...urns];
  const stack = stackOf(resource.urn);
  return urns.filter((urn) => stackOf(urn) !== stack);
}

/** `urn:pulumi:STACK::PROJECT` */
const stackOf = (urn: string): string => urn.split("::", 2).join("::");

/** `StatefulSet kafka` */
const nameOf = ({ type, urn }: Resource): string => `${type.split(":").at(-1)!} ${urn.split("::").at(-1)!}`;

/** The Jobs that replace pods that run something else, share votes and replicas out, and verify Kafka: each time anew. */
function seesToKafka({ type, urn }: Resource): boolean {
  return type.endsWith(":Job") && /-(roll|rebalance|verification)$/.test(urn);
}

/** Whether an object's deletion was interrupted: only its API server knows whether it is still there. */
function mayBeGone({ type, inputs }: Resource): boolean {
  const annotations = partOf(inputs, "metadata", "annotations");
  return type.startsWith("kubernetes:") && annotations?.[INTERRUPTED] === "deleting";
}

/**
 * Whether the resource is of a kind that can be marked. The Kubernetes plugin compares the config with the object as it was,
 * the outputs, as far as that has what the inputs set, of which the outputs keep a copy.
 */
function mark({ type, inputs, outputs }: Resource, operation: string): boolean {
  if (type.startsWith("command:")) {
    for (const properties of [inputs, outputs]) if (properties) properties["logging"] = OTHER_LOGGING;
    return inputs !== undefined;
  }
  if (!type.startsWith("kubernetes:")) return false;
  const marked = [inputs, outputs, partOf(outputs, "__inputs")].map((copy) => {
    // Another template is another Job, which runs again.
    const template = type.endsWith(":Job") ? partOf(copy, "spec", "template", "metadata") : undefined;
    return [annotate(partOf(copy, "metadata"), operation), annotate(template, operation)].includes(true);
  });
  return marked.every(Boolean);
}

function annotate(metadata: Properties | undefined, operation: string): boolean {
  if (!metadata) return false;
  const annotations = metadata["annotations"] === undefined ? {} : partOf(metadata, "annotations");
  if (!annotations) return false;
  metadata["annotations"] = { ...annotations, [INTERRUPTED]: operation };
  return true;
}

/** A part that isn't encrypted. */
function partOf(properties: Properties | undefined, ...path: readonly string[]): Properties | undefined {
  return path.reduce<Properties | undefined>((part, name) => readable(part?.[name]), readable(properties));
}

function readable(value: unknown): Properties | undefined {
  const isReadable = typeof value === "object" && value !== null && !(marksSecret in value);
  return isReadable ? (value as Properties) : undefined;
}
