import { load } from "js-yaml";

import { apiServerFiles } from "../../../components/cluster/apiServerConfig";

interface Rule {
  level: "None" | "Metadata" | "Request" | "RequestResponse";
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  resources?: { group: string; resources?: string[] }[];
  nonResourceURLs?: string[];
}

const audit = { enabled: true, maxAgeDays: 30, maxBackups: 10, maxSizeMegabytes: 100 };
const policy = load(apiServerFiles({ encryptSecrets: true, audit }).AUDIT_POLICY) as {
  omitStages: string[];
  rules: Rule[];
};

interface Asked {
  user?: string;
  groups?: string[];
  verb: string;
  group?: string;
  resource?: string;
  path?: string;
}

/** The level of a request: that of the first rule that fits, as in Kubernetes' staging/src/k8s.io/apiserver/pkg/audit/policy. */
function levelOf({
  user = "alice",
  groups = ["system:authenticated"],
  verb,
  group = "",
  resource,
  path,
}: Asked): string {
  const fits = (rule: Rule): boolean => {
    if (rule.users && !rule.users.includes(user)) return false;
    if (rule.userGroups && !rule.userGroups.some((each) => groups.includes(each))) return false;
    if (rule.verbs && !rule.verbs.includes(verb)) return false;
    if (path !== undefined) {
      const covers = (url: string): boolean => (url.endsWith("*") ? path.startsWith(url.slice(0, -1)) : url === path);
      return rule.nonResourceURLs ? rule.nonResourceURLs.some(covers) : !rule.resources;
    }
    if (rule.nonResourceURLs) return false;
    return (
      !rule.resources?.length ||
      rule.resources.some((each) => each.group === group && (!each.resources || each.resources.includes(resource!)))
    );
  };
  return policy.rules.find(fits)?.level ?? "None";
}

const changes = ["create", "update", "patch", "delete", "deletecollection"];
const reads = ["get", "list", "watch"];
const node = { user: "system:node:worker", groups: ["system:nodes", "system:authenticated"] };
const controller = { user: "system:kube-controller-manager" };
const calico = {
  user: "system:serviceaccount:kube-system:calico-node",
  groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system"],
};
const everyone = [{}, node, controller, calico, { user: "system:apiserver" }];
/** Objects that may have a secret in them, the environment of pods among them. */
const withSecrets = [
  ["", "secrets"],
  ["", "configmaps"],
  ["", "serviceaccounts/token"],
  ["authentication.k8s.io", "tokenreviews"],
  ["", "pods"],
  ["", "pods/exec"],
  ["apps", "statefulsets"],
  ["batch", "jobs"],
  ["certificates.k8s.io", "certificatesigningrequests"],
  ["example.com", "databases"],
] as const;

test("a command in a pod is logged, whoever runs it, also where it begins by a GET as a WebSocket does", () => {
  for (const resource of [
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/proxy",
    "services/proxy",
    "nodes/proxy",
  ])
    for (const verb of ["get", "create"])
      for (const who of everyone)
        expect({ resource, verb, who, level: levelOf({ ...who, verb, resource }) }).toMatchObject({
          level: "Metadata",
        });
});

test("no request's or answer's body is logged where it may have a secret, whoever asks", () => {
  for (const [group, resource] of withSecrets) {
    for (const who of everyone) {
      for (const verb of [...changes, ...reads]) {
        expect([resource, verb, levelOf({ ...who, verb, group, resource })]).toEqual([
          resource,
          verb,
          expect.stringMatching(/^(None|Metadata)$/),
        ]);
      }
    }
  }
  expect(policy.rules.filter(({ level }) => level === "RequestResponse")).toEqual([]);
});

test("every access to Secrets and tokens is logged, the cluster's own as well", () => {
  for (const who of everyone) {
    for (const verb of [...changes, ...reads]) {
      expect(levelOf({ ...who, verb, resource: "secrets" })).toBe("Metadata");
      expect(levelOf({ ...who, verb, resource: "serviceaccounts/token" })).toBe("Metadata");
    }
  }
});

test("every change is logged but signs of life and Events, and so is `kubectl exec`", () => {
  for (const who of everyone) {
    for (const verb of changes) {
      for (const [group, resource] of withSecrets) expect(levelOf({ ...who, verb, group, resource })).toBe("Metadata");
    }
  }
  expect(levelOf({ verb: "update", group: "coordination.k8s.io", resource: "leases" })).toBe("Metadata");
  expect(levelOf({ ...node, verb: "delete", group: "coordination.k8s.io", resource: "leases" })).toBe("Metadata");
  expect(levelOf({ ...node, verb: "update", group: "coordination.k8s.io", resource: "leases" })).toBe("None");
  expect(levelOf({ ...node, verb: "create", resource: "events" })).toBe("None");
  expect(levelOf({ verb: "deletecollection", resource: "events" })).toBe("Metadata");
});

test("a change of rights is logged with what was granted", () => {
  expect(levelOf({ verb: "create", group: "rbac.authorization.k8s.io", resource: "clusterrolebindings" })).toBe(
    "Request",
  );
});

test("what the cluster's own components read isn't logged, and what people read is", () => {
  for (const who of [node, controller, calico]) {
    for (const verb of reads) expect(levelOf({ ...who, verb, resource: "pods" })).toBe("None");
  }
  expect(levelOf({ verb: "list", resource: "pods" })).toBe("Metadata");
  expect(levelOf({ verb: "get", path: "/readyz" })).toBe("None");
  expect(levelOf({ verb: "get", path: "/metrics" })).toBe("Metadata");
});

test("a request without an answer is logged too: only its beginning isn't", () => {
  expect(policy.omitStages).toEqual(["RequestReceived"]);
});
