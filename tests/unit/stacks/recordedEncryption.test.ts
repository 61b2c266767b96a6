import { recordedEncryption } from "../../../stacks/recordedEncryption";

const set = (name: string, app: string, annotations?: object) => ({
  type: "kubernetes:apps/v1:StatefulSet",
  outputs: { metadata: { name, annotations }, spec: { selector: { matchLabels: { "app.kubernetes.io/name": app } } } },
});

test("a stack's step is its StatefulSet's; one from before there was TLS is open, and a new stack has none", () => {
  const closed = { "kubeadm-kafka/security": "closed" };
  expect(recordedEncryption([set("kafka", "kafka", closed)])).toEqual({ encryption: "closed" });
  expect(recordedEncryption([set("kafka", "kafka")])).toEqual({ encryption: "open" });
  expect(recordedEncryption([set("db", "db", closed)])).toEqual({});
});
