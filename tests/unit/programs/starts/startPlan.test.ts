import {
  type ClusterEvent,
  isAnyWaiting,
  type Look,
  type StartingJob,
  type StartingPod,
  Starts,
} from "../../../../components/programs/starts/startPlan";

const MINUTE = 60_000;
const at = (minute: number) => new Date(Date.UTC(2026, 10, 28, 9, minute)).toISOString();

const job = (name: string, more: Partial<StartingJob> = {}): StartingJob => ({
  metadata: { name, namespace: "kafka" },
  spec: {},
  status: {},
  ...more,
});
const podOf = (name: string, status: StartingPod["status"] = {}): StartingPod => ({
  metadata: { name: `${name}-x`, labels: { "batch.kubernetes.io/job-name": name } },
  status,
});
const unplaced = (message: string) => ({ conditions: [{ type: "PodScheduled", status: "False", message }] });
const waiting = (reason: string, message?: string) => ({
  containerStatuses: [{ state: { waiting: { reason, ...(message && { message }) } } }],
});
const running = { containerStatuses: [{ state: { running: {} } }] };
const creating = waiting("ContainerCreating");
const event = (type: string, message: string, minute: number, kind = "Pod", name = "drain-x"): ClusterEvent => ({
  metadata: { creationTimestamp: at(minute) },
  involvedObject: { kind, name },
  type,
  message,
});
const look = (status?: StartingPod["status"], more: Partial<Look> = {}): Look => ({
  jobs: [job("drain")],
  pods: status ? [podOf("drain", status)] : [],
  events: [],
  ...more,
});

/** Messages about Jobs that were found hopeless within so many minutes of looks, and the minute of the first one. */
function firstFound(lookAt: (minute: number) => Look, minutes = 60) {
  const starts = new Starts();
  for (let minute = 0; minute <= minutes; minute++) {
    const [found] = starts.judge(lookAt(minute), minute * MINUTE);
    if (found) return { minute, ...found };
  }
  return undefined;
}

test.each([
  [
    "no node takes it",
    look(unplaced("0/2 nodes are available: 2 Insufficient cpu.")),
    "no node takes its pod: 0/2 nodes are available: 2 Insufficient cpu.",
  ],
  [
    "its image can't be pulled",
    look(waiting("ImagePullBackOff", 'Back-off pulling image "node:24"')),
    'ImagePullBackOff: Back-off pulling image "node:24".',
  ],
  [
    "its image's name is wrong",
    look(waiting("InvalidImageName", "couldn't parse image name")),
    "InvalidImageName: couldn't parse image name.",
  ],
  [
    "its code can't be mounted",
    look(creating, { events: [event("Warning", 'configmap "kafka-changes-1a2b" not found', 1)] }),
    'configmap "kafka-changes-1a2b" not found.',
  ],
  [
    "the pod network gives it no address",
    look(creating, { events: [event("Normal", "assigned", 0), event("Warning", "failed to create pod sandbox", 5)] }),
    "failed to create pod sandbox.",
  ],
  [
    "a quota forbids its pod",
    look(undefined, { events: [event("Warning", "exceeded quota: pods=3", 0, "Job", "drain")] }),
    "it has no pod: exceeded quota: pods=3.",
  ],
  ["nothing makes pods", look(), "it has no pod."],
])("a Job is hopeless after ten minutes, with the reason, if %s", (_case, seen, reason) =>
  expect(firstFound(() => seen)).toEqual({
    minute: 10,
    name: "drain",
    message: `The Job drain has not started for 10 minutes: ${reason} [KK826]`,
    isHopeless: true,
  }),
);

test("a Job that somebody has suspended isn't hopeless, but is reported", () =>
  expect(firstFound(() => look(undefined, { jobs: [job("drain", { spec: { suspend: true } })] }))).toMatchObject({
    isHopeless: false,
    message: expect.stringContaining("kubectl patch job drain --namespace kafka --patch"),
  }));

describe("a valid slow start never ends:", () => {
  const stillWell = (lookAt: (minute: number) => Look) => expect(firstFound(lookAt)).toBeUndefined();

  test("an image that takes an hour", () => {
    const pulling = event("Normal", 'Pulling image "node:24"', 1);
    stillWell(() => look(creating, { events: [event("Normal", "Successfully assigned", 0), pulling] }));
  });

  test("an image that takes an hour, after something that came a moment late", () => {
    const late = event("Warning", "MountVolume.SetUp failed: timed out waiting for the condition", 1);
    const pulling = event("Normal", 'Pulling image "node:24"', 1);
    stillWell(() => look(creating, { events: [late, pulling] }));
  });

  test("a node that takes the pod after nine minutes, and whose kubelet then fails for nine more", () =>
    stillWell((minute) => {
      if (minute < 9) return look(unplaced("0/1 nodes are available"));
      if (minute === 9) return look(creating);
      return minute < 19 ? look(waiting("ErrImagePull", "refused")) : look(running);
    }));

  test("a Job that needs the room which another one has, as long as that one runs", () => {
    const jobs = [job("topic-a"), job("topic-b")];
    const pods = [podOf("topic-a", running), podOf("topic-b", unplaced("2 Insufficient cpu"))];
    stillWell(() => ({ jobs, pods, events: [] }));
    const ended = { status: { conditions: [{ type: "Complete", status: "True" }] } };
    const found = firstFound((minute) => ({
      jobs: minute < 30 ? jobs : [job("topic-a", ended), job("topic-b")],
      pods,
      events: [],
    }));
    expect(found).toMatchObject({ minute: 40, name: "topic-b" });
  });
});

test("a Job that has started or ended isn't judged, whatever became of its pod", () => {
  const warning = { events: [event("Warning", "Stopping container", 5)] };
  const failed = job("drain", { status: { conditions: [{ type: "Failed", status: "True" }] } });
  const looks = [
    look(running, warning),
    look({ containerStatuses: [{ state: { terminated: {} } }] }, warning),
    look(unplaced("2 Insufficient cpu"), { jobs: [failed] }),
  ];
  for (const seen of looks) {
    expect(firstFound(() => seen)).toBeUndefined();
    expect(isAnyWaiting(seen)).toBe(false);
  }
  expect(isAnyWaiting(look(creating))).toBe(true);
});

test("the scheduler's events count by the time at which they were last seen", () => {
  const first = event("Warning", "first", 0);
  const again = { ...event("Warning", "again", 0), series: { lastObservedTime: at(9) } };
  const kubelets = { ...event("Warning", "kubelet", 0), lastTimestamp: at(5) };
  expect(firstFound(() => look(creating, { events: [first, again, kubelets] }))?.message).toContain("minutes: again.");
});
