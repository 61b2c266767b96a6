import { runInNewContext } from "node:vm";
import { encryptionGuard } from "../../../../components/kafka/declared/encryptionGuard";
import { ENCRYPTION_ANNOTATION, ENCRYPTION_RAN_ANNOTATION } from "../../../../components/kafka/plan/annotations";
import { encryptions } from "../../../../components/kafka/plan/encryption";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { declaredBy, only } from "../declaredBy";

jest.setTimeout(120_000);

interface Step {
  /** Step that the StatefulSet has. @default "open" */
  begun?: string;
  /** Step that a roll has brought to all pods. @default "open" */
  ran?: string;
  /** @default "open" */
  wanted?: string;
}

/** Codes with which the guard refuses an update. Its expressions mean the same in JavaScript, but for a field that may be missing. */
async function judge(): Promise<(step: Step) => string[]> {
  const declared = await declaredBy(() => encryptionGuard(planKafka("kafka", "kafka", 3, 3, {}, "moved"), {}));
  const { validations } = only(declared, "ValidatingAdmissionPolicy").spec;
  return ({ begun, ran, wanted }) =>
    validations.flatMap(({ expression, messageExpression }: Record<string, string>) => {
      const text = expression!.replace(
        /(\w+)\.metadata\.\?annotations\[\?('[^']*')\]\.orValue\(('\w*')\)/g,
        "($1[$2] ?? $3)",
      );
      const object = { [ENCRYPTION_ANNOTATION]: wanted };
      const oldObject = { [ENCRYPTION_ANNOTATION]: begun, [ENCRYPTION_RAN_ANNOTATION]: ran };
      return runInNewContext(text, { object, oldObject }) ? [] : /KK\d+/.exec(messageExpression!)!;
    });
}

test("a step goes to the one beside it, once all pods have had it", async () => {
  const refusals = await judge();
  for (const [at, begun] of encryptions.entries())
    for (const [to, wanted] of encryptions.entries())
      expect(refusals({ begun, ran: begun, wanted })).toEqual(Math.abs(at - to) > 1 ? ["KK566"] : []);
});

test("a step that not all pods have had goes on, or back to the one before", async () => {
  const refusals = await judge();
  const half = { begun: "moved", ran: "prepared" };
  expect(refusals({ ...half, wanted: "moved" })).toEqual([]);
  expect(refusals({ ...half, wanted: "prepared" })).toEqual([]);
  expect(refusals({ ...half, wanted: "closed" })).toEqual(["KK570"]);
  expect(refusals({ ran: "prepared", wanted: "prepared" })).toEqual([]);
  expect(refusals({ ran: "prepared", wanted: "moved" })).toEqual(["KK566", "KK570"]);
});

test("a new closed stack whose pods have not all started stays closed", async () => {
  const refusals = await judge();
  expect(refusals({ begun: "closed", wanted: "closed" })).toEqual([]);
  expect(refusals({ begun: "closed", wanted: "moved" })).toEqual(["KK570"]);
  expect(refusals({ begun: "closed" })).toEqual(["KK566"]);
});

test("an unknown step is refused", async () => {
  expect((await judge())({ wanted: "shut" })).toEqual(["KK566"]);
});
