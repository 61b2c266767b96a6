import { storedBy } from "../../../e2e/years/storedSecrets";

/** What etcdctl prints of a key and its value. */
const entry = (value: string): string =>
  `"Key" : "/registry/secrets/default/proof"\n"CreateRevision" : 7\n"Value" : "${value}"\n"Lease" : 0\n`;

test("values are counted by what they are encrypted by", () =>
  expect(
    storedBy(
      entry("k8s:enc:secretbox:v1:2:\\x01\\x9f:k8s") +
        entry("k8s:enc:secretbox:v1:1:a") +
        entry("k8s:enc:secretbox:v1:2:b"),
    ),
  ).toEqual({ "k8s:enc:secretbox:v1:2": 2, "k8s:enc:secretbox:v1:1": 1 }));

test("a value that isn't encrypted is counted as well", () =>
  expect(storedBy(entry("k8s\\x00\\n\\f\\n\\x02v1\\x12\\x06Secret"))).toEqual({ "in clear": 1 }));

test("a KMS plug-in's values have its name", () =>
  expect(storedBy(entry("k8s:enc:kms:v2:kubeadm-kafka-3:x"))).toEqual({ "k8s:enc:kms:v2:kubeadm-kafka-3": 1 }));

test("output without a value counts none", () => expect(storedBy("")).toEqual({}));
