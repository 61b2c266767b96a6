import { images } from "../../../components/artifacts/images";
import { calicoManifest, calicoNeeds, type CalicoSettings } from "../../../components/network/calicoManifest";

const settings: CalicoSettings = { encapsulation: "VXLAN", mtu: 0, podCidr: "10.244.0.0/16", routed: [] };
const render = (changes: Partial<CalicoSettings> = {}) => JSON.stringify(calicoManifest({ ...settings, ...changes }));
const variable = (name: string, value: string) => JSON.stringify({ name, value });

test("the manifest in the repository is the release that versions.ts names", () => {
  const used = new Set(render().match(/quay\.io\/calico\/[^"]+/g));
  expect(used).toEqual(new Set(Object.values(images.calico)));
});

test("VXLAN runs without BGP, so no probe asks BIRD", () => {
  expect(render()).toContain('"calico_backend":"vxlan"');
  expect(render()).toContain(variable("CALICO_IPV4POOL_VXLAN", "Always"));
  expect(render()).toContain(variable("CALICO_IPV4POOL_IPIP", "Never"));
  expect(render()).not.toContain("-bird-ready");
});

test("IPIP runs with BIRD", () => {
  const manifest = render({ encapsulation: "IPIP" });
  expect(manifest).toContain('"calico_backend":"bird"');
  expect(manifest).toContain(variable("CALICO_IPV4POOL_IPIP", "Always"));
  expect(manifest).toContain(variable("CALICO_IPV4POOL_VXLAN", "Never"));
  expect(manifest).toContain("-bird-ready");
});

test("Calico uses the node's own address, whichever card comes first", () => {
  expect(render()).toContain(variable("IP_AUTODETECTION_METHOD", "kubernetes-internal-ip"));
  expect(render()).toContain(variable("IP", "autodetect")); // else the method is not asked
});

test("pods' addresses and MTU are those of the config", () => {
  const manifest = render({ podCidr: "10.1.0.0/16", mtu: 1410 });
  expect(manifest).toContain(variable("CALICO_IPV4POOL_CIDR", "10.1.0.0/16"));
  expect(manifest).toContain('"veth_mtu":"1410"');
});

test("another MTU restarts the agents, which read it only when they start; without one nothing restarts them", () => {
  const templateWith = (mtu: number) => {
    const agents = calicoManifest({ ...settings, mtu }).find(({ kind }) => kind === "DaemonSet")!;
    return (agents["spec"] as { template: object }).template;
  };
  expect(templateWith(1400)).not.toEqual(templateWith(1300));
  expect(JSON.stringify(templateWith(0))).not.toContain("kubeadm-kafka/mtu");
});

test("hosts need the encapsulation's module and port, and the port for routes", () => {
  const needs = (encapsulation: CalicoSettings["encapsulation"]) =>
    calicoNeeds({ encapsulation, mtu: 1400, routed: [] });
  expect(needs("VXLAN")).toEqual({ module: "vxlan", ports: ["udp 4789"], mtu: 1400 });
  expect(needs("VXLANCrossSubnet")).toEqual(needs("VXLAN"));
  expect(needs("IPIP")).toMatchObject({ module: "ipip", ports: ["tcp 179", "ipip"] });
  expect(needs("None")).toMatchObject({ module: undefined, ports: ["tcp 179"] });
  const routed = [{ node: "a", range: "10.244.1.0/24" }];
  expect(calicoNeeds({ encapsulation: "None", mtu: 0, routed }).ports).toEqual([]);
});

test("the credential that Calico keeps on each host may list nodes, and change none", () => {
  const role = calicoManifest(settings).find(
    ({ kind, metadata }) => kind + metadata.name === "ClusterRolecalico-cni-plugin",
  );
  const rules = role!["rules"] as { resources: string[]; verbs: string[] }[];
  const verbs = rules.filter(({ resources }) => resources.includes("nodes")).flatMap((rule) => rule.verbs);
  expect(verbs).toEqual(["get", "list"]);
});

test("Pulumi doesn't wait for an agent that waits for BGP, so that the check of the pod network can say what drops BGP", () => {
  const skips = (encapsulation: CalicoSettings["encapsulation"]) => render({ encapsulation }).includes("skipAwait");
  expect([skips("IPIP"), skips("None"), skips("VXLAN"), skips("VXLANCrossSubnet")]).toEqual([true, true, false, false]);
});

test("if the network routes pods' packets, each node takes addresses from its own range, and nodes exchange no routes", () => {
  const objects = calicoManifest({
    ...settings,
    encapsulation: "None",
    routed: [
      { node: "controller-0", range: "10.244.10.0/24" },
      { node: "worker-0", range: "10.244.20.0/24" },
    ],
  });
  const pools = objects.filter(({ kind }) => kind === "IPPool");
  expect(pools.map(({ metadata, spec }) => ({ name: metadata.name, spec }))).toMatchObject([
    {
      name: "controller-0",
      spec: { cidr: "10.244.10.0/24", nodeSelector: 'kubernetes.io/hostname == "controller-0"', vxlanMode: "Never" },
    },
    { name: "worker-0", spec: { cidr: "10.244.20.0/24", natOutgoing: true, ipipMode: "Never" } },
  ]);
  const manifest = JSON.stringify(objects);
  expect(manifest).toContain('"calico_backend":"none"');
  expect(manifest).toContain(variable("NO_DEFAULT_POOLS", "true"));
  expect(manifest).not.toContain('"CALICO_IPV4POOL_CIDR"'); // Calico ends where both are set
  expect(manifest).not.toContain("-bird-");
});
