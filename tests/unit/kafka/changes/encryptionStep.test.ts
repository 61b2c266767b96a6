import { completeStep, whyStepIsNotComplete } from "../../../../components/kafka/changes/encryptionStep";
import { grantRights, plannedAcls, rightsOfJobs } from "../../../../components/kafka/changes/jobRights";
import type { ChangeTask } from "../../../../components/kafka/changes/task";
import type { StatefulSet } from "../../../../components/kafka/changes/workloads";
import { type Acl, aclsOf } from "../../../../components/kafka/protocol/acls";
import type * as requests from "../../../../components/kafka/protocol/requests";
import type { ValueOf } from "../../../../components/kafka/protocol/types";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";
import { done, FakeKafka } from "../fakeKafka";

type Creation = ValueOf<typeof requests.createAcls.question>["creations"][number];

/** A Kafka with an authorizer, and voters that tell their listeners. */
class SecureKafka extends FakeKafka {
  /** The listeners that the quorum knows, by the voter's id. */
  listeners: Record<number, string[]> = {};
  acls: Creation[] = [];

  protected override DescribeQuorum() {
    const known = Object.entries(this.listeners).map(([id, names]) => ({
      id: Number(id),
      listeners: names.map((name) => ({ name, host: `kafka-${id}`, port: 1 })),
    }));
    return { ...super.DescribeQuorum(), nodes: known };
  }

  protected DescribeAcls() {
    return {
      ...done,
      resources: this.acls.map(({ resourceType, name, patternType, ...acl }) => ({
        resourceType,
        name,
        patternType,
        acls: [acl],
      })),
    };
  }

  protected CreateAcls({ creations }: { creations: Creation[] }) {
    this.acls.push(...creations);
    return { ...done, results: creations.map(() => done) };
  }

  protected DeleteAcls({ filters }: { filters: Creation[] }) {
    const text = (acl: object): string => JSON.stringify(Object.entries(acl).sort());
    this.acls = this.acls.filter((acl) => !filters.some((filter) => text(filter) === text(acl)));
    return { ...done, results: filters.map(() => ({ ...done, matching: [] })) };
  }
}

const RAN = "kubeadm-kafka/security-ran";
const taskOf = (encryption: ChangeTask["encryption"], ...names: string[]): ChangeTask =>
  ({
    namespace: "kafka",
    voters: [0, 1, 2].map((id) => ({
      id,
      host: `kafka-${id}`,
      port: 1,
      ...(encryption && { listeners: names.map((name) => ({ name, port: 1 })) }),
    })),
    ...(encryption && { encryption, cluster: "kafka" }),
  }) as unknown as ChangeTask;
const setThatRan = (step: string | undefined): StatefulSet =>
  ({ metadata: { name: "kafka", annotations: step ? { [RAN]: step } : {} } }) as unknown as StatefulSet;

/** Completes a step. @returns the annotations that were set */
async function complete(kafka: SecureKafka, task: ChangeTask, ran: string | undefined): Promise<unknown[]> {
  const patched: unknown[] = [];
  const kubernetes = {
    patch: async (_: string, body: { metadata: { annotations: unknown } }) =>
      void patched.push(body.metadata.annotations),
  };
  await completeStep(kafka, kubernetes as unknown as PodApiClient, task, [setThatRan(ran)]);
  return patched;
}

test("a step isn't complete until the quorum knows all voters at their new listeners", async () => {
  const kafka = new SecureKafka();
  const task = taskOf("prepared", "CONTROLLER", "QUORUM");
  kafka.listeners = { 0: ["QUORUM", "CONTROLLER"], 1: ["CONTROLLER"], 2: ["CONTROLLER", "QUORUM"] };
  expect(await whyStepIsNotComplete(kafka, task, [setThatRan(undefined)])).toEqual([
    "the quorum knows node 1 at CONTROLLER, and not yet at CONTROLLER and QUORUM",
  ]);
  kafka.listeners[1] = ["CONTROLLER", "QUORUM"];
  expect(await whyStepIsNotComplete(kafka, task, [setThatRan(undefined)])).toEqual([]);
});

test("a step back to open is complete when the quorum has forgotten the listeners with TLS", async () => {
  const kafka = new SecureKafka();
  kafka.listeners = { 0: ["CONTROLLER"], 1: ["CONTROLLER", "QUORUM"], 2: ["CONTROLLER"] };
  expect(await whyStepIsNotComplete(kafka, taskOf(undefined), [setThatRan("prepared")])).toHaveLength(1);
});

test("an open stack's roll asks and notes nothing of this", async () => {
  const kafka = new SecureKafka();
  const asked = jest.spyOn(kafka, "ask");
  expect(await whyStepIsNotComplete(kafka, taskOf(undefined), [setThatRan(undefined)])).toEqual([]);
  expect(await complete(kafka, taskOf(undefined), undefined)).toEqual([]);
  expect(asked).not.toHaveBeenCalled();
});

test("the step is noted when it is complete, and the note goes with the step back to open", async () => {
  const kafka = new SecureKafka();
  expect(await complete(kafka, taskOf("prepared", "CONTROLLER", "QUORUM"), undefined)).toEqual([{ [RAN]: "prepared" }]);
  expect(await complete(kafka, taskOf("prepared", "CONTROLLER", "QUORUM"), "prepared")).toEqual([]);
  expect(await complete(kafka, taskOf(undefined), "prepared")).toEqual([{ [RAN]: null }]);
  expect(kafka.acls).toEqual([]);
});

test("Jobs get their rights with the authorizer, in each roll what is missing, and lose others", async () => {
  const kafka = new SecureKafka();
  await complete(kafka, taskOf("moved", "QUORUM", "CONTROLLER"), "prepared");
  const planned = plannedAcls("kafka");
  expect(await aclsOf(kafka)).toEqual(planned);
  const numbers = kafka.acls.shift()!;
  kafka.acls.push({ ...numbers, operation: 2 }); // All
  await complete(kafka, taskOf("moved", "QUORUM", "CONTROLLER"), "moved");
  const text = (acls: Acl[]): string[] => acls.map((acl) => JSON.stringify(acl)).sort();
  expect(text((await aclsOf(kafka))!)).toEqual(text(planned));
});

test("others' ACLs stay", async () => {
  const kafka = new SecureKafka();
  await grantRights(kafka, "kafka");
  kafka.acls.push({ ...kafka.acls[0]!, principal: "User:orders" });
  await grantRights(kafka, "kafka");
  expect((await aclsOf(kafka))!.filter(({ principal }) => principal === "User:orders")).toHaveLength(1);
});

test("only the verification reads and writes records, and only its own", () => {
  const onRecords = plannedAcls("kafka").filter(({ operation }) =>
    ["Read", "Write", "All", "Delete"].includes(operation),
  );
  expect(onRecords.length).toBeGreaterThan(0);
  for (const { principal, name, pattern } of onRecords)
    expect([principal, name, pattern]).toEqual([
      "User:CN=kafka-verification",
      "kubeadm-kafka-verification-",
      "prefixed",
    ]);
});

test("previews, whom Kafka doesn't know, change nothing", () => {
  const ofPreviews = plannedAcls("kafka").filter(({ principal }) => principal === "User:ANONYMOUS");
  expect(new Set(ofPreviews.map(({ operation }) => operation))).toEqual(new Set(["Describe", "DescribeConfigs"]));
});

test("every Job but the roll, a super user, has its rights listed", () =>
  expect(Object.keys(rightsOfJobs).sort()).toEqual([
    "certificates",
    "drain",
    "gate",
    "rebalance",
    "topics",
    "users",
    "verification",
  ]));
