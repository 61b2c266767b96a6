import { judgeAudit } from "../../../e2e/years/audit";

const event = (verb: string, resource: string, more: object = {}, subresource?: string): string =>
  JSON.stringify({
    verb,
    user: { username: "kubernetes-admin" },
    objectRef: { resource, subresource, namespace: "default", name: "proof" },
    ...more,
  });
const log = (...lines: string[]): string => lines.join("\n");
const password = "correct horse";

test("a log says who did what with Secrets, each once", () => {
  const text = log(event("create", "secrets"), event("get", "secrets"), event("get", "secrets"), event("list", "pods"));
  expect(judgeAudit(text, [password])).toEqual({
    lines: 4,
    ofSecrets: ["kubernetes-admin create default/proof", "kubernetes-admin get default/proof"],
    leaks: [],
  });
});

test.each([
  ["a secret in clear, wherever it is", event("get", "pods", { requestURI: `/?word=${password}` })],
  ["a secret in base64", event("get", "pods", { annotations: { word: btoa(password) } })],
  ["a Secret's object", event("create", "secrets", { requestObject: { data: {} } })],
  ["a ConfigMap's object", event("update", "configmaps", { responseObject: { data: {} } })],
  ["a pod's object, whose environment may have a password", event("create", "pods", { requestObject: {} })],
  ["a token's object", event("create", "serviceaccounts", { responseObject: { status: {} } }, "token")],
])("%s is a leak", (_, line) =>
  expect(judgeAudit(log(event("get", "secrets"), line), [password]).leaks).toEqual([line]),
);

test("the object of a grant of rights is none", () =>
  expect(judgeAudit(event("create", "clusterrolebindings", { requestObject: {} }), [password]).leaks).toEqual([]));

test("a request without an object, such as a health check, has no leak", () =>
  expect(judgeAudit(JSON.stringify({ verb: "get", user: { username: "x" } }), []).leaks).toEqual([]));

test.each(["half of a li", '{"kind":"Event"}'])(
  "a line that is no event is an error, and not a clean line: %s",
  (line) => expect(() => judgeAudit(line, [])).toThrow("no event of an audit log"),
);
