import { changeProgram } from "../../../../components/kafka/declared/changeJobs";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { type Declared, declaredBy, only } from "../declaredBy";

jest.setTimeout(120_000);

let declared: readonly Declared[];
beforeAll(async () => {
  declared = await declaredBy(() => changeProgram(planKafka("kafka", "kafka", 3, 3), {}));
});

const policies = (): any[] =>
  declared.filter(({ type }) => type.endsWith(":ValidatingAdmissionPolicy")).map(({ inputs }) => inputs.spec);

test("each patch that the Jobs' roles permit is judged field by field, but those of data alone", () => {
  const rules = ["Role", "ClusterRole"].flatMap((kind) => only(declared, kind).rules);
  const patched: string[] = rules.filter(({ verbs }) => verbs.includes("patch")).flatMap(({ resources }) => resources);
  const judged: string[] = policies().flatMap(({ matchConstraints }) =>
    matchConstraints.resourceRules.flatMap(({ resources }: any) => resources),
  );
  expect([...judged, "configmaps", "leases"].toSorted()).toEqual([...new Set(patched)].toSorted());
});

test.each(["labels", "annotations", "ownerReferences", "finalizers"])(
  "%s of each object are judged as well",
  (field) => {
    for (const { validations } of policies())
      for (const object of ["object", "oldObject"])
        expect(validations[0].expression).toContain(`${object}.metadata.?${field}`);
  },
);

test("a volume keeps the host that it is on, also where newer API servers let nodeAffinity change", () => {
  const expressions = policies().map(({ validations }) => validations[0].expression);
  const kept = "object.spec.?nodeAffinity == oldObject.spec.?nodeAffinity";
  expect(expressions).toContainEqual(expect.stringContaining(kept));
});

test("only patches by the Jobs' own account are judged, so that Pulumi and administrators change specs", () => {
  const account = only(declared, "ServiceAccount").metadata;
  expect(policies()).toHaveLength(2);
  for (const { matchConditions, failurePolicy } of policies()) {
    expect(failurePolicy).toBe("Fail");
    expect(matchConditions.map(({ expression }: any) => expression)).toEqual([
      `request.userInfo.username == 'system:serviceaccount:${account.namespace}:${account.name}'`,
    ]);
  }
});

test("the Jobs reach no StatefulSet but Kafka's", () => {
  const [{ resourceNames }] = only(declared, "Role").rules.filter(({ resources }: any) =>
    resources.includes("statefulsets"),
  );
  expect(resourceNames.toSorted()).toEqual(["kafka", "kafka-controller"]);
});
