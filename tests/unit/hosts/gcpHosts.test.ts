import { load } from "js-yaml";

import { type Declared, declareGcp, valueOf } from "./declaredOnGcp";
import { exampleOnGcp } from "./exampleOnGcp";

jest.setTimeout(60_000);

const declare = (changes: object = {}, more: object = {}) => declareGcp({ ...exampleOnGcp(changes), ...more });

const oneOf = (declared: readonly Declared[], kind: string, name: string) => {
  const found = declared.filter((each) => each.type.endsWith(`:${kind}`) && each.name === name);
  if (found.length !== 1) throw new Error(`${found.length} of kind ${kind} are called ${name}, wanted 1`);
  return found[0]!.inputs;
};

const description = "Made by kubeadm-kafka for the stack gcp";
const labels = { "kubeadm-kafka-stack": "gcp" };
const network = "id-of-gcp-kubernetes-on-premise";
const region = "europe-west8";

/** What the gcloud commands of a cluster made by hand create, in their order; names have the stack's name in front. */
const madeByHand: Declared[] = [
  // gcloud compute networks create kubernetes-on-premise --subnet-mode custom
  {
    type: "gcp:compute/network:Network",
    name: "gcp-kubernetes-on-premise",
    inputs: { name: "gcp-kubernetes-on-premise", description, autoCreateSubnetworks: false, mtu: 1460 },
  },
  // gcloud compute networks subnets create kubernetes --network kubernetes-on-premise --range 10.240.0.0/24
  {
    type: "gcp:compute/subnetwork:Subnetwork",
    name: "gcp-kubernetes",
    inputs: { name: "gcp-kubernetes", description, region, network, ipCidrRange: "10.240.0.0/24" },
  },
  // gcloud compute firewall-rules create kubernetes-on-premise-allow-internal --allow tcp,udp,icmp
  //   --source-ranges 10.240.0.0/24,10.200.0.0/16
  {
    type: "gcp:compute/firewall:Firewall",
    name: "gcp-kubernetes-on-premise-allow-internal",
    inputs: {
      name: "gcp-kubernetes-on-premise-allow-internal",
      description: `Hosts and pods among themselves. ${description}`,
      network,
      sourceRanges: ["10.240.0.0/24", "10.200.0.0/16"],
      allows: [{ protocol: "tcp" }, { protocol: "udp" }, { protocol: "icmp" }],
    },
  },
  // gcloud compute firewall-rules create kubernetes-on-premise-allow-external --allow tcp:22,tcp:6443,icmp
  //   --source-ranges 0.0.0.0/0
  // Here: two rules for the configured ranges, each only for the hosts that serve it.
  {
    type: "gcp:compute/firewall:Firewall",
    name: "gcp-kubernetes-on-premise-allow-ssh",
    inputs: {
      name: "gcp-kubernetes-on-premise-allow-ssh",
      description: `SSH from outside. ${description}`,
      network,
      sourceRanges: ["203.0.113.7/32"],
      targetTags: ["gcp-kubernetes-on-premise"],
      allows: [{ protocol: "tcp", ports: ["22"] }],
    },
  },
  {
    type: "gcp:compute/firewall:Firewall",
    name: "gcp-kubernetes-on-premise-allow-api",
    inputs: {
      name: "gcp-kubernetes-on-premise-allow-api",
      description: `The API server from outside. ${description}`,
      network,
      sourceRanges: ["203.0.113.7/32"],
      targetTags: ["controller"],
      allows: [{ protocol: "tcp", ports: ["6443"] }],
    },
  },
  // gcloud compute addresses create kubernetes-on-premise
  {
    type: "gcp:compute/address:Address",
    name: "gcp-kubernetes-on-premise",
    inputs: { name: "gcp-kubernetes-on-premise", description, region, labels },
  },
  // for i in 0 1 2; gcloud compute instances create controller-${i} … --private-network-ip 10.240.0.1${i}
  ...[0, 1, 2].map((i) => instance(`controller-${i}`, `10.240.0.1${i}`, "controller", "control-plane")),
  // for i in 0 1 2; gcloud compute instances create worker-${i} … --private-network-ip 10.240.0.2${i}
  //   --tags kubernetes-on-premise,worker
  ...[0, 1, 2].map((i) => instance(`worker-${i}`, `10.240.0.2${i}`, "worker", "worker")),
  // gcloud compute http-health-checks create kubernetes --request-path /healthz, to an nginx on port 80
  // Here: of the API server itself. /healthz is deprecated for /livez and /readyz.
  {
    type: "gcp:compute/regionHealthCheck:RegionHealthCheck",
    name: "gcp-kubernetes",
    inputs: {
      name: "gcp-kubernetes",
      description,
      region,
      httpsHealthCheck: { port: 6443, requestPath: "/readyz" },
      checkIntervalSec: 5,
      timeoutSec: 5,
      healthyThreshold: 1,
      unhealthyThreshold: 2,
    },
  },
  // gcloud compute firewall-rules create kubernetes-on-premise-allow-health-check --allow tcp
  //   --source-ranges 209.85.152.0/22,209.85.204.0/22,35.191.0.0/16
  // Here: to the API server only, and from where the internal load balancer's probes come, too.
  {
    type: "gcp:compute/firewall:Firewall",
    name: "gcp-kubernetes-on-premise-allow-health-check",
    inputs: {
      name: "gcp-kubernetes-on-premise-allow-health-check",
      description: `The load balancers' health checks. ${description}`,
      network,
      sourceRanges: ["35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22", "130.211.0.0/22"],
      targetTags: ["controller"],
      allows: [{ protocol: "tcp", ports: ["6443"] }],
    },
  },
  // gcloud compute target-pools create kubernetes-target-pool --http-health-check kubernetes
  // gcloud compute target-pools add-instances … --instances controller-0,controller-1,controller-2
  // Here: a group and a backend service, since a target pool's health check speaks no TLS.
  {
    type: "gcp:compute/instanceGroup:InstanceGroup",
    name: "gcp-controllers-europe-west8-a",
    inputs: { name: "gcp-controllers-europe-west8-a", description, zone: "europe-west8-a", network },
  },
  ...[0, 1, 2].map((i) => ({
    type: "gcp:compute/instanceGroupMembership:InstanceGroupMembership",
    name: `controller-${i}`,
    inputs: {
      zone: "europe-west8-a",
      instanceGroup: "gcp-controllers-europe-west8-a",
      instance: `self-link-of-gcp-controller-${i}`,
    },
  })),
  // gcloud compute forwarding-rules create kubernetes-forwarding-rule --address … --ports 6443
  //   --target-pool kubernetes-target-pool
  ...balancer("gcp-kubernetes", "gcp-kubernetes-forwarding-rule", "EXTERNAL", { ipAddress: "198.51.100.1" }),
  // Not made by hand: there, workers reached the API server through their public addresses.
  ...balancer("gcp-kubernetes-internal", "gcp-kubernetes-internal-forwarding-rule", "INTERNAL", {
    ipAddress: "10.240.0.5",
    network,
    subnetwork: "id-of-gcp-kubernetes",
  }),
  // Not made by hand: there, instances ran as the project's default account.
  {
    type: "gcp:serviceaccount/account:Account",
    name: "gcp-nodes",
    inputs: { accountId: "gcp-nodes", description },
  },
];

/**
 * --boot-disk-size 200GB --can-ip-forward --image-family ubuntu-2004-lts --machine-type e2-standard-2
 * --scopes compute-rw,storage-ro,service-management,service-control,logging-write,monitoring --subnet kubernetes
 * Here: a current image, and of the scopes those that can do no harm.
 */
function instance(name: string, address: string, tag: string, role: string): Declared {
  return {
    type: "gcp:compute/instance:Instance",
    name: `gcp-${name}`,
    inputs: {
      name: `gcp-${name}`,
      description,
      zone: "europe-west8-a",
      machineType: "e2-standard-2",
      labels: { ...labels, role },
      tags: ["gcp-kubernetes-on-premise", tag],
      canIpForward: true,
      bootDisk: {
        initializeParams: {
          image: "ubuntu-os-cloud/ubuntu-2404-lts-amd64",
          type: "pd-balanced",
          size: 200,
          labels: { ...labels, role },
        },
      },
      networkInterfaces: [{ subnetwork: "id-of-gcp-kubernetes", networkIp: address, accessConfigs: [{}] }],
      serviceAccount: {
        email: "gcp-nodes@project.iam.gserviceaccount.com",
        scopes: ["logging", "monitoring"].map((api) => `https://www.googleapis.com/auth/${api}.write`),
      },
      shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
      metadata: expect.objectContaining({}) as unknown,
      allowStoppingForUpdate: true,
      deletionProtection: false,
    },
  };
}

function balancer(backend: string, rule: string, loadBalancingScheme: string, where: object): Declared[] {
  return [
    {
      type: "gcp:compute/regionBackendService:RegionBackendService",
      name: backend,
      inputs: {
        name: backend,
        description,
        region,
        loadBalancingScheme,
        protocol: "TCP",
        healthChecks: "id-of-gcp-kubernetes",
        backends: [{ group: "self-link-of-gcp-controllers-europe-west8-a", balancingMode: "CONNECTION" }],
      },
    },
    {
      type: "gcp:compute/forwardingRule:ForwardingRule",
      name: rule,
      inputs: {
        name: rule,
        description,
        region,
        labels,
        loadBalancingScheme,
        ipProtocol: "TCP",
        ports: ["6443"],
        backendService: `id-of-${backend}`,
        ...where,
      },
    },
  ];
}

const sorted = (resources: readonly Declared[]) =>
  [...resources].sort((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`));

test("the example stack declares what the gcloud commands create by hand, and nothing else", async () => {
  const { declared } = await declare();
  expect(sorted(declared.filter(({ type }) => type.startsWith("gcp:")))).toEqual(sorted(madeByHand));
});

test("with several control planes, workers use the internal load balancer and Pulumi the reserved address", async () => {
  const { hosts } = await declare();
  expect(await valueOf(hosts.loadBalancer!.address)).toBe("10.240.0.5");
  expect(await valueOf(hosts.loadBalancer!.apiServer)).toBe("198.51.100.1:6443");
});

test("a single control plane has the reserved address itself, and nobody probes it", async () => {
  const instances = [{ name: "controller-0", role: "control-plane" }, { name: "worker-0" }];
  const { declared, hosts } = await declare({ instances });
  expect(oneOf(declared, "Instance", "gcp-controller-0")).toMatchObject({
    networkInterfaces: [{ accessConfigs: [{ natIp: "198.51.100.1" }] }],
  });
  expect(oneOf(declared, "Instance", "gcp-worker-0")).toMatchObject({ networkInterfaces: [{ accessConfigs: [{}] }] });
  expect(hosts.loadBalancer).toBeUndefined();
  expect(await valueOf(hosts.hosts[0]!.apiServer)).toBe("198.51.100.1:6443");
  const names = declared.map(({ name }) => name);
  expect(names.filter((name) => /health-check|forwarding|controllers/.test(name))).toEqual([]);
});

test("hosts without public addresses are behind a bastion, a load balancer and Cloud NAT", async () => {
  const instances = [{ name: "controller-0", role: "control-plane" }, { name: "worker-0" }];
  const { declared, hosts } = await declare({ publicAddresses: false, instances });
  for (const name of ["gcp-controller-0", "gcp-worker-0"]) {
    expect(oneOf(declared, "Instance", name)).toMatchObject({ networkInterfaces: [{ accessConfigs: [] }] });
  }
  expect(oneOf(declared, "Instance", "gcp-bastion")).toMatchObject({
    machineType: "e2-micro",
    tags: ["bastion"],
    canIpForward: false,
    networkInterfaces: [{ networkIp: "10.240.0.6", accessConfigs: [{}] }],
  });
  expect(oneOf(declared, "Firewall", "gcp-kubernetes-on-premise-allow-ssh")).toMatchObject({ targetTags: ["bastion"] });
  expect(oneOf(declared, "RouterNat", "gcp-kubernetes-on-premise-nat")).toEqual({
    name: "gcp-kubernetes-on-premise-nat",
    region,
    router: "gcp-kubernetes-on-premise-router",
    natIpAllocateOption: "AUTO_ONLY",
    sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
    subnetworks: [{ name: "id-of-gcp-kubernetes", sourceIpRangesToNats: ["PRIMARY_IP_RANGE"] }],
  });
  expect(oneOf(declared, "Router", "gcp-kubernetes-on-premise-router")).toMatchObject({ region, network });
  expect(await valueOf(hosts.hosts[1]!.connection)).toMatchObject({
    host: "10.240.0.20",
    hostKey: "ssh-ed25519 host-key-of-worker-0",
    proxy: { host: "public-address-of-gcp-bastion", hostKey: "ssh-ed25519 host-key-of-bastion" },
  });
  expect(await valueOf(hosts.hosts[1]!.apiServer)).toBe("198.51.100.1:6443");
});

test("the first login expects the key from the metadata, all others the key that the instance made", async () => {
  const { declared, hosts } = await declare();
  const { connection, triggers } = oneOf(declared, "Command", "worker-1-host-key");
  const contact = connection as { value: object }; // a secret
  expect(triggers).toEqual(["instance-id-of-gcp-worker-1"]);
  const login = { host: "public-address-of-gcp-worker-1", port: 22, user: "kubeadm-kafka" };
  expect(contact.value).toMatchObject({ ...login, hostKey: "ecdsa-sha2-nistp256 public-key-of-worker-1-introduction" });
  expect(await valueOf(hosts.hosts[4]!.connection)).toMatchObject({
    ...login,
    hostKey: "ssh-ed25519 host-key-of-worker-1",
  });
  const { "user-data": userData } = oneOf(declared, "Instance", "gcp-worker-1")["metadata"] as Record<string, string>;
  const [head, ...lines] = userData!.split("\n");
  expect(head).toBe("#cloud-config");
  expect(load(lines.join("\n"))).toMatchObject({
    ssh_keys: {
      ecdsa_private: "PRIVATE KEY of worker-1-introduction\n",
      ecdsa_public: "ecdsa-sha2-nistp256 public-key-of-worker-1-introduction",
    },
  });
});

test.each([
  [
    "the stack's key",
    {},
    {},
    { "enable-oslogin": "FALSE", "ssh-keys": "kubeadm-kafka:ssh-ed25519 public-key-of-hosts-ssh-key" },
  ],
  [
    "a given key",
    { ssh: { publicKey: "ssh-ed25519 mine", user: "me" } },
    { privateKey: "PRIVATE" },
    { "enable-oslogin": "FALSE", "ssh-keys": "me:ssh-ed25519 mine" },
  ],
  ["OS Login", { ssh: { osLogin: true, user: "sa_1" } }, { privateKey: "PRIVATE" }, { "enable-oslogin": "TRUE" }],
])("%s lets Pulumi in, the project's keys nobody", async (_name, changes, more, expected) => {
  const { declared } = await declare(changes, more);
  const metadata = oneOf(declared, "Instance", "gcp-worker-0")["metadata"] as object;
  expect(metadata).toEqual({
    ...expected,
    "block-project-ssh-keys": "TRUE",
    "user-data": expect.any(String) as string,
  });
});

test("hosts of each role take the zones in turn; each control plane's zone has a group", async () => {
  const { declared } = await declare({ zones: ["europe-west8-a", "europe-west8-b", "europe-west8-c"] });
  const zones = (kind: string) =>
    sorted(declared.filter(({ type }) => type.endsWith(`:${kind}`))).map(({ inputs }) => String(inputs["zone"]).at(-1));
  expect(zones("Instance")).toEqual(["a", "b", "c", "a", "b", "c"]);
  expect(zones("InstanceGroup")).toEqual(["a", "b", "c"]);
  expect(zones("InstanceGroupMembership")).toEqual(["a", "b", "c"]);
});

test("without encapsulation there is a route to each host's range of pods", async () => {
  const instances = [
    { name: "controller-0", role: "control-plane" },
    { name: "worker-0", podRange: "10.200.0.0/24" },
  ];
  const { declared, hosts } = await declare({ instances }, { pods: { range: "10.200.0.0/16", routed: true } });
  expect(declared.filter(({ type }) => type.endsWith(":Route")).map(({ inputs }) => inputs)).toEqual(
    [
      { range: "10.200.10.0/24", name: "10-200-10-0-24", nextHopIp: "10.240.0.10" },
      { range: "10.200.0.0/24", name: "10-200-0-0-24", nextHopIp: "10.240.0.20" },
    ].map(({ range: destRange, name, nextHopIp }) => ({
      name: `gcp-kubernetes-route-${name}`,
      description,
      network,
      destRange,
      nextHopIp,
    })),
  );
  expect(hosts.hosts.map(({ podRange }) => podRange)).toEqual(["10.200.10.0/24", "10.200.0.0/24"]);
});

test("an instance's own zone, type and address override the stack's, and deletion protection is passed on", async () => {
  const own = { name: "worker-0", zone: "europe-west8-c", type: "e2-standard-4", address: "10.240.0.99" };
  const instances = [{ name: "controller-0", role: "control-plane" }, own];
  const { declared } = await declare({ instances, deletionProtection: true, serviceAccount: "a@b" });
  expect(oneOf(declared, "Instance", "gcp-worker-0")).toMatchObject({
    zone: "europe-west8-c",
    machineType: "e2-standard-4",
    networkInterfaces: [{ networkIp: "10.240.0.99" }],
    deletionProtection: true,
    serviceAccount: { email: "a@b" },
  });
  expect(declared.filter(({ type }) => type.endsWith(":Account"))).toEqual([]);
});

test("a host's size is its machine's type", async () => {
  const instances = [{ name: "a", role: "control-plane" as const, type: "n2-standard-8" }];
  expect((await declare({ instances })).hosts.hosts.map(({ size }) => size)).toEqual(["n2-standard-8"]);
});

test("a machine is replaced if its place changes, not if its type does", async () => {
  const madeOf = async (change: object) => {
    const instances = [
      { name: "controller-0", role: "control-plane" },
      { name: "worker-0", ...change },
    ];
    const { hosts } = await declare({ instances });
    return valueOf(hosts.hosts[1]!.machine!.madeOf);
  };
  const before = await madeOf({});
  expect(await madeOf({ type: "e2-standard-4" })).toBe(before);
  expect(await madeOf({ zone: "europe-west8-b" })).not.toBe(before);
  expect(await madeOf({ address: "10.240.0.99" })).not.toBe(before);
});
