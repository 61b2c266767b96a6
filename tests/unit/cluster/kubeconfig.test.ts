import { load } from "js-yaml";
import { UnreadableAnswer } from "../../../components/failures";
import {
  accessBy,
  certificateAuthority,
  hostOf,
  parseInitResult,
  reachableKubeconfig,
} from "../../../components/cluster/kubeconfig";

const admin = base64(`apiVersion: v1
kind: Config
clusters:
- {name: kubernetes, cluster: {server: "https://api.cluster.internal:6443", certificate-authority-data: QUJD}}
users:
- {name: kubernetes-admin, user: {client-key-data: ${"QUJD".repeat(100)}}}
`);

test("the API server is reached at the kubeconfig's address, under its server name, with the administrator's certificate", () => {
  const kubeconfig = reachableKubeconfig(admin, "127.0.0.1:16443", "api.cluster.internal");
  const complete = kubeconfig.replace("client-key-data:", "client-certificate-data: REVG\n      client-key-data:");
  expect(accessBy(complete)).toMatchObject({
    hostname: "127.0.0.1",
    port: "16443",
    servername: "api.cluster.internal",
    ca: "ABC",
    cert: "DEF",
    key: "ABC".repeat(100),
  });
  expect(() => accessBy(kubeconfig)).toThrow("no certificate");
});

test("the kubeconfig has the address at which Pulumi reaches the API, and expects the endpoint's certificate", () => {
  const { clusters } = load(reachableKubeconfig(admin, "127.0.0.1:16443", "api.cluster.internal")) as any;
  expect(clusters[0].cluster).toEqual({
    server: "https://127.0.0.1:16443",
    "tls-server-name": "api.cluster.internal",
    "certificate-authority-data": "QUJD",
  });
});

test("an API server can be reached at an IPv6 address, which the certificate has without brackets", () => {
  const kubeconfig = reachableKubeconfig(admin, "[fd00::7]:6443", "api.cluster.internal");
  const complete = kubeconfig.replace("client-key-data:", "client-certificate-data: REVG\n      client-key-data:");
  expect(accessBy(complete)).toMatchObject({ hostname: "fd00::7", port: "6443" });
  expect(["[fd00::7]:6443", "10.0.0.4:6443", "host.lan:6443"].map(hostOf)).toEqual(["fd00::7", "10.0.0.4", "host.lan"]);
});

test("credentials pass unchanged", () => {
  const { users } = load(reachableKubeconfig(admin, "h:1", "e")) as any;
  expect(users[0].user["client-key-data"]).toBe("QUJD".repeat(100));
});

test("the certificate authority is decoded as it is in certificates", () => {
  expect(certificateAuthority(admin)).toBe("ABC");
});

test("init's result has what control planes need to join", () => {
  const result = { authority: "QUJD", certificateKey: "c0ffee" };
  expect(parseInitResult(JSON.stringify(result))).toEqual(result);
});

test("the credential in an earlier version's output of init isn't passed on", () => {
  const result = { joiner: admin, certificateKey: "c0ffee" };
  expect(parseInitResult(JSON.stringify(result))).toEqual({ authority: "QUJD", certificateKey: "c0ffee" });
});

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

test.each([
  ["nothing", ""],
  ["a list", "[]"],
  ["no cluster", "users: [{user: {}}]"],
  ["no URL", "clusters: [{cluster: {server: here}}]\nusers: [{user: {}}]"],
  ["no YAML", "clusters: ["],
])("a kubeconfig that is %s can't be read, and isn't a mistake in the program", (_what, text) => {
  expect(() => accessBy(text)).toThrow(UnreadableAnswer);
  expect(() => accessBy(text)).toThrow(/^the kubeconfig can't be read: /);
});
