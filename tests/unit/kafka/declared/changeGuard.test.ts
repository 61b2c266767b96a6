import { changeGuard, ROLES_ANNOTATION } from "../../../../components/kafka/declared/changeGuard";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { declaredBy, only } from "../declaredBy";

jest.setTimeout(120_000);

test("votes stay with brokers or with dedicated controllers, as the cluster was made", async () => {
  const declared = await declaredBy(() => changeGuard(planKafka("kafka", "kafka", 3, 3), {}));
  const { matchConstraints, validations } = only(declared, "ValidatingAdmissionPolicy").spec;
  const guarded: string[] = matchConstraints.resourceRules[0].resourceNames;
  expect(guarded.toSorted()).toEqual(["kafka", "kafka-controller"]);
  const rule = validations.find(({ messageExpression }: any) => messageExpression.includes("KK803"));
  const [is, was] = ["object", "oldObject"].map((of) => `${of}.metadata.?annotations[?'${ROLES_ANNOTATION}']`);
  // An object without the annotation, such as the scale subresource, has nothing to compare.
  expect(rule.expression).toBe(`!${was}.hasValue() || !${is}.hasValue() || ${is} == ${was}`);
});

test("an older version is compared with what has run, not with what was requested", async () => {
  const declared = await declaredBy(() => changeGuard(planKafka("kafka", "kafka", 3), {}));
  const { validations } = only(declared, "ValidatingAdmissionPolicy").spec;
  const rule = validations.find(({ messageExpression }: any) => messageExpression.includes("KK804"));
  const noted = "oldObject.metadata.?annotations[?'kubeadm-kafka/has-run']";
  const wanted = "oldObject.metadata.?annotations[?'kubeadm-kafka/version']";
  for (const text of [rule.expression, rule.messageExpression]) {
    expect(text).toContain(`${noted}.or(${wanted})`);
    // The requested version counts only if no version is recorded.
    expect(text.replaceAll(`${noted}.or(${wanted})`, "")).not.toContain("oldObject");
  }
});
