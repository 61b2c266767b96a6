import { Fatal, isMistake, reasonOf } from "../../failures";
import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { Deadline } from "../../programs/inPod/waiting";
import { MAY_INTERRUPT_ANNOTATION } from "../plan/annotations";
import { topicSettingsInEffect } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import { type Layout, layoutWithMoves, type Moving, namesOf } from "../protocol/partitions";
import type { Quorum } from "../protocol/quorum";
import { CatchingUp } from "./catchingUp";
import { brokersSet, setsOf, statefulSetPath } from "./kubernetesObjects";
import { preferLeaders } from "./leaders";
import { isLeaving, markLeaving, unmarkLeaving } from "./leaving";
import { type Claim, isClaimOf, missingNodes, nodeOf, podsOf } from "./lostVolumes";
import { type Outage, outageWithout } from "./outage";
import { missingPods, restartsOf, SCHEDULED_WITHIN_MS, unreadyPods } from "./rollPlan";
import { poolOfBrokers } from "./shrinking";
import { laggingPartitions, snapshotOf, takeSnapshot, whyNotToStop } from "./stopping";
import type { Moment, NodeReport, NodeTask } from "./task";
import { isReady, type Pod } from "./workloads";

/** As for a roll: a broker's log recovery may take this long without visible progress. */
const STANDSTILL_SECONDS = 1800;
/** Time limit for taking marks back, since the API server may just be starting again on the host. */
const MARKS_SECONDS = 180;
/** Annotation of a claim: the host that the scheduler has chosen for its volume. */
const SELECTED_NODE = "volume.kubernetes.io/selected-node";
const MINIMUM = "min.insync.replicas";

type Passed = Pick<NodeReport, "pods" | "interrupts">;

/**
 * The gate before a host is taken out: waits until Kafka's nodes on it may stop as in a roll, all of them at once. Then
 * lets evictions take their pods. A host without Kafka's pods passes at once; so does one for which all of them wait, as
 * after an interrupted drain, since they can't come back before it.
 *
 * @param node name of the host
 * @param earlierJobs names of other Jobs that still run
 * @throws Fatal if the nodes' stopping together would interrupt Kafka more than a roll does, and nobody has permitted it
 * @see docs/decisions/kafka.md
 */
export async function beforeTakingOut(
  kafka: Connection,
  kubernetes: PodApiClient,
  task: NodeTask,
  node: string,
  earlierJobs: () => Promise<string[]>,
  log: (line: string) => void,
): Promise<Passed> {
  const catchingUp = new CatchingUp(kafka);
  const look = observer(kubernetes, task, node);
  let said = "";
  const waitFor = (objections: string[]): string[] => {
    const words = objections.join("; ");
    if (words !== said && words !== "") log(`waiting: ${words}`);
    said = words;
    return objections;
  };
  let passed: Passed = { pods: [], interrupts: [] };
  await new Deadline(STANDSTILL_SECONDS)
    .waitWhileChanging(`a Kafka that can do without ${node}`, async () => {
      const { missing, times, here, elsewhere } = await look();
      if (missing !== undefined) return waitFor([missing]);
      const pods = here.map(({ metadata }) => metadata.name);
      const ids = pods.map((name) => nodeOf(task, name));
      if (ids.length === 0) {
        log(`Kafka has no pod on ${node}`);
        return [];
      }
      const [placed, unplaced] = [here.filter(isPlaced), here.filter((pod) => !isPlaced(pod))];
      // If the host was uncordoned a moment ago, they are about to come.
      if (unplaced.length > 0 && times.now - times.since <= SCHEDULED_WITHIN_MS) {
        return waitFor(unplaced.map(({ metadata }) => `${metadata.name} waits for ${node}`));
      }
      if (placed.length === 0) {
        passed = { pods, interrupts: [] };
        log(`${pods.join(", ")} can't start on ${node}, as if it were taken out already: nothing is lost with it`);
        return [];
      }
      const snapshot = await takeSnapshot(kafka, layoutWithMoves);
      if (snapshot.failure !== undefined) return waitFor([snapshot.failure]);
      const reasons = [
        ...(await earlierJobs()).map((name) => `the Job ${name} still runs`),
        ...elsewhere
          .filter(isLeaving)
          .map(({ metadata }) => `${metadata.name} may stop at any time, since its host is being taken out`),
        ...unreadyPods([...elsewhere, ...placed], times),
        ...movesIn(snapshot.layout),
        ...whyNotToStop(ids, placed.some(isReady), snapshot).map((each) =>
          withActiveController(each, ids, snapshot.quorum, node),
        ),
      ];
      if (reasons.length > 0) return catchingUp.withLag(waitFor(reasons), snapshot);
      const outage = outageWithout(ids, snapshot, await minimumsOf(kafka, snapshot.layout));
      await refuseOutage(kubernetes, task, outage, node, pods);
      await markLeaving(kubernetes, task, here, node);
      passed = { pods, interrupts: [...outage.asInRoll, ...outage.together] };
      for (const line of consequences(ids, snapshot, passed, node)) log(line);
      return [];
    })
    .catch(withRemedy("`make health` says how Kafka is, and `bin/pulumi up` mends it. No pod was stopped. [KK921]"));
  return passed;
}

/**
 * The gate after a host is back: waits until Kafka's nodes on it serve, have all their replicas in sync and follow the
 * active controller. Then they lead their partitions again.
 *
 * @param node name of the host
 * @throws Fatal with the reason of a pod that can't start
 */
export async function afterReturn(
  kafka: Connection,
  kubernetes: PodApiClient,
  task: NodeTask,
  node: string,
): Promise<Passed> {
  const catchingUp = new CatchingUp(kafka);
  const look = observer(kubernetes, task, node);
  let here: Pod[] = [];
  await new Deadline(STANDSTILL_SECONDS)
    .waitWhileChanging(`Kafka's return on ${node}`, async () => {
      const { missing, times, ...pods } = await look();
      if (missing !== undefined) return [missing];
      here = pods.here;
      const unready = unreadyPods(here, times);
      if (unready.length > 0 || here.length === 0) return unready;
      const ids = here.map(({ metadata }) => nodeOf(task, metadata.name));
      const snapshot = await snapshotOf(kafka);
      if (snapshot.failure !== undefined) return [snapshot.failure];
      const { layout, quorum } = snapshot;
      const own = {
        brokers: brokersAmong(task, here),
        voters: quorum.voters.filter(({ id }) => ids.includes(id)),
      };
      const replicasHere = layout.partitions.map((each) => ({
        ...each,
        replicas: each.replicas.filter((id) => ids.includes(id)),
      }));
      return catchingUp.withLag([...missingNodes(own, layout, quorum), ...laggingPartitions(replicasHere)], snapshot);
    })
    .catch(
      withRemedy(
        `Kafka's pods can't run anywhere else, since their volumes are on ${node}: if it is cordoned, ` +
          `\`kubectl uncordon ${node}\`; else \`make health\` says how Kafka is. [KK922]`,
      ),
    );
  await preferLeaders(kafka, brokersAmong(task, here));
  await new Deadline(MARKS_SECONDS).waitUntil("the end of what had permitted the stop", async () => {
    await unmarkLeaving(kubernetes, task, here);
    await withdrawPermission(kubernetes, task, node);
    return [];
  });
  return { pods: here.map(({ metadata }) => metadata.name), interrupts: [] };
}

/** Removes the administrator's permission, which is for one time. */
async function withdrawPermission(kubernetes: PodApiClient, task: NodeTask, node: string): Promise<void> {
  const set = await brokersSet(kubernetes, task);
  if (set?.metadata.annotations?.[MAY_INTERRUPT_ANNOTATION] !== node) return;
  const annotations = { [MAY_INTERRUPT_ANNOTATION]: null };
  await kubernetes.patch(statefulSetPath(task, set.metadata.name), { metadata: { annotations } });
}

/** The host and the moment that a gate's Job was made for. @throws Fatal if the Job doesn't have them */
export function nodeAndMoment({ NODE, MOMENT }: NodeJS.ProcessEnv): { node: string; moment: Moment } {
  if (NODE && (MOMENT === "before" || MOMENT === "after")) return { node: NODE, moment: MOMENT };
  throw new Fatal(
    `NODE is "${NODE ?? ""}" and MOMENT "${MOMENT ?? ""}": set them in the Job to the name of a host, and to "before" or "after" [KK923]`,
  );
}

/** Looks at Kafka's pods: what Kubernetes has still to do, and which of them are on the host. */
function observer(kubernetes: PodApiClient, task: NodeTask, node: string) {
  const inNamespace = `/api/v1/namespaces/${task.namespace}`;
  const since = Date.now();
  let restartsBefore: ReadonlyMap<string, number> | undefined;
  return async () => {
    const sets = await setsOf(kubernetes, task);
    const pods = podsOf(task, await kubernetes.list<Pod>(`${inNamespace}/pods`));
    const claims = await kubernetes.list<Claim>(`${inNamespace}/persistentvolumeclaims`);
    restartsBefore ??= restartsOf(pods);
    const times = { now: Date.now(), since, restartsBefore };
    const [here, elsewhere] = [true, false].map((wanted) =>
      pods.filter((pod) => (hostOf(pod, claims) === node) === wanted),
    ) as [Pod[], Pod[]];
    return { missing: missingPods(sets, pods, times), times, here, elsewhere };
  };
}

/** Host of a pod; for a pod that waits for its host, the host of its volume. */
function hostOf(pod: Pod, claims: readonly Claim[]): string | undefined {
  const ofVolumes = claims
    .filter(({ metadata }) => isClaimOf(pod, metadata.name))
    .flatMap(({ metadata }) => metadata.annotations?.[SELECTED_NODE] ?? []);
  return pod.spec?.nodeName ?? ofVolumes[0];
}

/** Whether a pod is on its host. One of a drained host waits for it: its volume is nowhere else. */
function isPlaced({ spec }: Pod): boolean {
  return spec?.nodeName !== undefined;
}

function brokersAmong(task: NodeTask, pods: readonly Pod[]): number[] {
  const { name } = poolOfBrokers(task);
  return pods
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.name === name))
    .map(({ metadata }) => nodeOf(task, metadata.name));
}

function movesIn({ partitions, onTheMove }: Layout & { readonly onTheMove: readonly Moving[] }): string[] {
  const { length } = onTheMove;
  if (length === 0) return [];
  const names = namesOf(
    partitions.filter(({ topic, partition }) =>
      onTheMove.some((each) => each.topic === topic && each.partition === partition),
    ),
  );
  return [length === 1 ? `1 partition is being moved: ${names}` : `${length} partitions are being moved: ${names}`];
}

/** A voter that is behind can't become the active controller in place of one that stops. */
function withActiveController(objection: string, ids: readonly number[], { leader }: Quorum, node: string): string {
  return objection.endsWith("the active controller") && ids.includes(leader)
    ? `${objection}, which runs on ${node}`
    : objection;
}

/** `min.insync.replicas` in effect, by topic. */
async function minimumsOf(kafka: Connection, { partitions }: Layout): Promise<Map<string, number>> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  if (topics.length === 0) return new Map();
  const settings = await topicSettingsInEffect(kafka, topics, [MINIMUM]);
  return new Map(
    topics.map((topic) => {
      const minimum = settings.get(topic)?.[MINIMUM];
      if (minimum === undefined) throw new Error(`${MINIMUM} of ${topic} can't be read`);
      return [topic, Number(minimum)];
    }),
  );
}

/** @throws Fatal unless a roll interrupts Kafka as much, or an administrator has permitted it */
async function refuseOutage(
  kubernetes: PodApiClient,
  task: NodeTask,
  { together }: Outage,
  node: string,
  pods: readonly string[],
): Promise<void> {
  if (together.length === 0) return;
  const set = await brokersSet(kubernetes, task);
  if (set?.metadata.annotations?.[MAY_INTERRUPT_ANNOTATION] === node) return;
  const { name } = poolOfBrokers(task);
  throw new Fatal(
    `${pods.join(", ")} would stop together with ${node}, and until it is back, ${together.join("; ")}. ` +
      `Give Kafka more hosts; or, to accept that for this host once, run \`kubectl annotate statefulset ${name} ` +
      `--namespace ${task.namespace} ${MAY_INTERRUPT_ANNOTATION}=${node}\` and try again. No pod was stopped. [KK920]`,
  );
}

/** What happens when the nodes stop. */
function consequences(
  ids: readonly number[],
  { layout, quorum }: { readonly layout: Layout; readonly quorum: Quorum },
  { pods, interrupts }: Passed,
  node: string,
): string[] {
  const led = layout.partitions.filter(({ leader }) => ids.includes(leader)).length;
  return [
    `Kafka can do without ${pods.join(", ")} on ${node}: all other replicas are in sync, all other voters are up to date`,
    ...(led > 0
      ? [`before they stop, they hand over ${led === 1 ? "1 partition" : `${led} partitions`} that they lead`]
      : []),
    ...(ids.includes(quorum.leader)
      ? [`the active controller, node ${quorum.leader}, is among them: another voter follows it`]
      : []),
    ...interrupts.map((each) => `until ${node} is back, ${each}`),
  ];
}

/** Adds what to do to the reason why a wait ended, unless the reason says that itself. */
function withRemedy(remedy: string): (error: Error) => never {
  return (error) => {
    const reason = reasonOf(error);
    throw isMistake(error) || /\[KK\d+\]/.test(reason) ? error : new Fatal(`${reason}. ${remedy}`, { cause: error });
  };
}
