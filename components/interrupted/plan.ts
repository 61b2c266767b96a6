/** The part of an exported state that is read here. @see https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/ */
interface State {
  deployment: { resources?: Resource[]; pending_operations?: Operation[] };
}

interface Resource {
  urn: string;
  type: string;
  custom?: boolean;
  /** Whether it has been replaced, and is still to be deleted. */
  delete?: boolean;
  /** Whether it was deleted for a replacement, which Pulumi finishes by itself. */
  pendingReplacement?: boolean;
  inputs?: Properties;
  outputs?: Properties;
}

/** A change that Pulumi began, and whose end it could not record. */
interface Operation {
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
  resource: Resource;
}

type Properties = Record<string, unknown>;

/** What a killed or failed `up` left unfinished, as far as the state has the resources. */
export interface Interruption {
  /** Changes that were killed, for people. @example "updating StatefulSet kafka" */
  readonly changes: readonly string[];
  /** Commands that failed, for people. @example "Command kafka-master-prepare" */
  readonly failures: readonly string[];
  /**
   * Whether to import the state only to forget creations that were killed. Pulumi repeats these, and goes on listing them as
   * pending: once the resource is there, such a creation looks killed just now. An import forgets all, so it isn't worth the
   * warning of one that can't be repeated.
   */
  readonly forgetsCreations: boolean;
  /** The state to import: each of these resources differs from any config, so that the next `up` updates it again. */
  readonly state: string;
  /** URNs of resources whose plugin must say what became of them: they may be gone, or can't be marked in the state. */
  readonly toRefresh: readonly string[];
}

/** Annotation of an interrupted object. After a failed refresh it stays, so that the next `up` retries; bin/pulumi looks for it. */
const INTERRUPTED = "kubeadm-kafka/interrupted";
/** A value of `logging` that no command of this program has. */
const OTHER_LOGGING = "stderr";
const marksSecret = "4dabf18193072939515e22adb298388d";

/**
 * Finds unfinished changes in a state, and marks their resources so that the next `up` updates these again.
 *
 * Pulumi compares the config with the inputs that it recorded last. When a change is killed, Pulumi has recorded only that it
 * began. If the config is set back then, config and recorded inputs are equal, and Pulumi would leave the resource half changed.
 * Therefore the recorded inputs get a value that no config has. The update then applies all inputs again: a Job or a host's script
 * runs again, and Kafka is rolled where necessary, and verified.
 *
 * When an update fails, Pulumi records nothing. A script that failed may have made half of its changes, so bin/pulumi notes the
 * commands that failed. The Kubernetes plugin records by itself what it leaves half done.
 *
 * @param exported output of `pulumi stack export`; secrets may be encrypted
 * @param failed URNs of commands whose update failed @default none
 */
export function readInterruption(exported: string, failed: readonly string[] = []): Interruption {
  const state = JSON.parse(exported) as State;
  const { resources = [], pending_operations: operations = [] } = state.deployment;
  const current = resources.filter((resource) => resource.custom && !resource.delete && !resource.pendingReplacement);
  const byUrn = new Map(current.map((resource) => [resource.urn, resource]));
  const changes: string[] = [];
  const toRefresh = new Set(current.filter(mayBeGone).map(({ urn }) => urn));
  const killedCreations = operations.filter(({ type, resource }) => type === "creating" && !byUrn.has(resource.urn));

  for (const { type, resource } of operations) {
    const recorded = byUrn.get(resource.urn);
    if (!recorded || resource.delete || type === "reading" || recorded.type.startsWith("pulumi:")) continue;
    changes.push(`${type} ${nameOf(recorded)}`);
    const isMarked = mark(recorded, type);
    if (!isMarked || mayBeGone(recorded)) toRefresh.add(recorded.urn);
  }
  const failures = current.filter(({ type, urn }) => type.startsWith("command:") && failed.includes(urn));
  for (const command of failures) mark(command, "updating");
  // A broker may have started with a half-changed object.
  if (changes.length + failures.length > 0)
    for (const job of current.filter(seesToKafka)) if (!mayBeGone(job)) mark(job, "updating");
  return {
    changes: [...new Set(changes)],
    failures: failures.map(nameOf),
    forgetsCreations:
      killedCreations.length > 0 && killedCreations.every(({ resource }) => canBeCreatedTwice(resource)),
    state: JSON.stringify(state),
    toRefresh: [...toRefresh],
  };
}

/** Name of the stack that an exported state belongs to; undefined if the state has no resources. */
export function stackOf(exported: string): string | undefined {
  const [resource] = (JSON.parse(exported) as State).deployment.resources ?? [];
  return resource && stackIn(resource.urn);
}

/** @example `dev`, in `urn:pulumi:dev::kubeadm-kafka::…` */
export const stackIn = (urn: string): string => urn.split(":")[2]!;

/**
 * Creating it again is harmless: objects are applied, and scripts find out how far they got. For other resources, such as machines in a
 * cloud, Pulumi's own warning stays.
 */
function canBeCreatedTwice({ type }: Pick<Resource, "type">): boolean {
  return type.startsWith("kubernetes:") || type.startsWith("command:");
}

/** @example `StatefulSet kafka` */
const nameOf = ({ type, urn }: Resource): string => `${type.split(":").at(-1)!} ${urn.split("::").at(-1)!}`;

/** Whether a resource is a Job that rolls pods, rebalances votes and replicas, or verifies Kafka. */
function seesToKafka({ type, urn }: Resource): boolean {
  return type.endsWith(":Job") && /-(roll|rebalance|verification)$/.test(urn);
}

/** Whether an object's deletion was interrupted: only the API server knows whether the object still exists. */
function mayBeGone({ type, inputs }: Resource): boolean {
  const annotations = partOf(inputs, "metadata", "annotations");
  return type.startsWith("kubernetes:") && annotations?.[INTERRUPTED] === "deleting";
}

/**
 * Marks a resource as different from any config. The Kubernetes plugin's diff reads the inputs, the outputs, and the copy of the
 * inputs in the outputs, so all three are marked.
 *
 * @returns whether the resource could be marked
 */
function mark({ type, inputs, outputs }: Resource, operation: string): boolean {
  if (type.startsWith("command:")) {
    for (const properties of [inputs, outputs]) if (properties) properties["logging"] = OTHER_LOGGING;
    return inputs !== undefined;
  }
  if (!type.startsWith("kubernetes:")) return false;
  const marked = [inputs, outputs, partOf(outputs, "__inputs")].map((copy) => {
    // Another template replaces the Job, which therefore runs again.
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

/** A part of an object; undefined where it is missing or encrypted. */
function partOf(properties: Properties | undefined, ...path: readonly string[]): Properties | undefined {
  return path.reduce<Properties | undefined>((part, name) => readable(part?.[name]), readable(properties));
}

function readable(value: unknown): Properties | undefined {
  const isReadable = typeof value === "object" && value !== null && !(marksSecret in value);
  return isReadable ? (value as Properties) : undefined;
}
