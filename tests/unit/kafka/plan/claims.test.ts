import { isOfRemovedNode } from "../../../../components/kafka/plan/claims";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";

const plan = planKafka("kafka", "kafka", 3, 1);

test("claims of brokers and controllers beyond the planned numbers belong to removed nodes, whichever volume they are for", () => {
  const removed = ["data-kafka-3", "data-2-kafka-10", "data-kafka-controller-1"];
  expect(removed.filter((claim) => !isOfRemovedNode(plan, claim))).toEqual([]);
});

test("claims of planned nodes, and of others, don't", () => {
  const used = ["data-kafka-2", "data-1-kafka-0", "data-kafka-controller-0", "data-shop-7", "kafka-7"];
  expect(used.filter((claim) => isOfRemovedNode(plan, claim))).toEqual([]);
});
