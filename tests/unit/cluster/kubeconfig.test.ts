import { load } from "js-yaml";
import { parseInitResult, reachableKubeconfig } from "../../../components/cluster/kubeconfig";

const admin = `apiVersion: v1
kind: Config
clusters:
- {name: kubernetes, cluster: {server: "https://api.cluster.internal:6443", certificate-authority-data: QUJD}}
users:
- {name: kubernetes-admin, user: {client-key-data: ${"QUJD".repeat(100)}}}
`;

test("the kubeconfig leads to where Pulumi reaches the API, and still expects the endpoint's certificate", () => {
  const { clusters } = load(reachableKubeconfig(admin, "127.0.0.1:16443", "api.cluster.internal")) as any;
  expect(clusters[0].cluster).toEqual({
    server: "https://127.0.0.1:16443",
    "tls-server-name": "api.cluster.internal",
    "certificate-authority-data": "QUJD",
  });
});

test("credentials pass unchanged", () => {
  const { users } = load(reachableKubeconfig(admin, "h:1", "e")) as any;
  expect(users[0].user["client-key-data"]).toBe("QUJD".repeat(100));
});

test("init's result carries both kubeconfigs, the joiner's still in the base64 that join.sh takes", () => {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const printed = JSON.stringify({ admin: base64(admin), joiner: base64("joiner") });
  expect(parseInitResult(printed)).toEqual({ admin, joiner: base64("joiner") });
});
