import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { Cloud } from "../../gcp-stand-in/cloud";
import type { CloudMachines } from "../../gcp-stand-in/cloudMachines";
import { type Properties, unknown } from "../../gcp-stand-in/properties";
import { types } from "../../gcp-stand-in/resources/types";
import { StandInProvider } from "../../gcp-stand-in/standInProvider";

/** Machines that only record the requests. */
class NotedMachines implements CloudMachines {
  readonly externalAddresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
  readonly probeAddresses = ["198.51.100.1"];
  readonly deeds: string[] = [];
  readonly admitted = new Map<string, { rules: readonly string[]; forwarded: readonly string[] }>();
  readonly frontEnds = new Map<string, Parameters<CloudMachines["serve"]>[0]>();

  start: CloudMachines["start"] = async ({ name, address }) => void this.deeds.push(`start ${name} ${address}`);
  restart: CloudMachines["restart"] = async ({ name, size }) =>
    void this.deeds.push(`restart ${name} ${size.memoryGb}`);
  remove: CloudMachines["remove"] = async (name) => void this.deeds.push(`remove ${name}`);
  admit: CloudMachines["admit"] = async (name, rules, forwarded) => void this.admitted.set(name, { rules, forwarded });
  serve: CloudMachines["serve"] = async (frontEnd) => void this.frontEnds.set(frontEnd.name, frontEnd);
  stopServing: CloudMachines["stopServing"] = async (name) => void this.frontEnds.delete(name);
}

let folder: string;
let machines: NotedMachines;
let standIn: StandInProvider;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "gcp-stand-in-"));
  machines = new NotedMachines();
  standIn = new StandInProvider(new Cloud(folder, machines));
  standIn.configure({ project: "example-1", region: "europe-west8" });
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

const network = { name: "net", autoCreateSubnetworks: false };
const subnet = { name: "sub", network: "net", region: "europe-west8", ipCidrRange: "10.240.0.0/28" };
const account = { accountId: "stack-nodes" };
const email = "stack-nodes@example-1.iam.gserviceaccount.com";
const place = "projects/example-1/zones/europe-west8-a";

function instance(changes: Properties = {}): Properties {
  return {
    name: "controller-0",
    zone: "europe-west8-a",
    machineType: "e2-standard-2",
    bootDisk: {
      initializeParams: { image: "ubuntu-os-cloud/ubuntu-2404-lts-amd64", size: 200, type: "pd-balanced" },
    },
    networkInterfaces: [{ subnetwork: "sub", networkIp: "10.240.0.10", accessConfigs: [{}] }],
    serviceAccount: { email, scopes: [] },
    tags: ["controller"],
    ...changes,
  };
}

const create = (type: string, inputs: Properties) => standIn.create(type, inputs, false);

async function createNetwork(): Promise<void> {
  await create(types.network, network);
  await create(types.subnetwork, subnet);
  await create(types.account, account);
}

describe("the stand-in refuses what it doesn't implement:", () => {
  test("a type", () => {
    expect(() => standIn.check("gcp:compute/disk:Disk", {})).toThrow("doesn't know gcp:compute/disk:Disk");
  });

  test("a property, at any depth", () => {
    expect(standIn.check(types.network, { ...network, enableUlaInternalIpv6: true })).toEqual([
      'resource: Unrecognized key: "enableUlaInternalIpv6"',
    ]);
    const bootDisk = { initializeParams: { image: "ubuntu-os-cloud/ubuntu-2404-lts-amd64", size: 9, snapshot: "x" } };
    expect(standIn.check(types.instance, instance({ bootDisk }))).toEqual([
      expect.stringContaining("bootDisk.initializeParams.size"),
      expect.stringContaining("bootDisk.initializeParams.type"),
      expect.stringContaining('Unrecognized key: "snapshot"'),
    ]);
  });

  test("metadata and cloud-init settings that would have no effect here", () => {
    const check = (metadata: Properties) => standIn.check(types.instance, instance({ metadata }));
    expect(check({ "startup-script": "true" })).toHaveLength(1);
    expect(check({ "enable-oslogin": "TRUE" })).toHaveLength(1);
    expect(check({ "user-data": '#cloud-config\n{"runcmd":[]}' })).toHaveLength(1);
    expect(check({ "user-data": '#cloud-config\n{"write_files":[]}', "ssh-keys": "admin:ssh-ed25519 AAAA" })).toEqual(
      [],
    );
  });

  test("a function, and a setting of the provider", () => {
    expect(() => standIn.invoke("gcp:compute/getImage:getImage")).toThrow("doesn't know the function");
    expect(() => standIn.configure({ project: "example-1", impersonateServiceAccount: "x" })).toThrow("Unrecognized");
  });

  test("but not a value that a preview doesn't know yet", () => {
    expect(standIn.check(types.instance, instance({ networkInterfaces: unknown, machineType: unknown }))).toEqual([]);
    expect(standIn.check(types.instance, instance({ zone: unknown, machineType: "e9" }))).toHaveLength(1);
  });
});

describe("the stand-in refuses what Google refuses:", () => {
  test("a name that is taken", async () => {
    await create(types.network, network);
    await expect(create(types.network, network)).rejects.toThrow("already exists");
  });

  test("a network, subnet, account or reserved address that doesn't exist", async () => {
    await expect(create(types.subnetwork, subnet)).rejects.toThrow("network: the resource 'net' was not found");
    await createNetwork();
    const networkInterfaces = [{ subnetwork: "other", accessConfigs: [{ natIp: "192.0.2.9" }] }];
    const serviceAccount = { email: "other", scopes: [] };
    await expect(create(types.instance, instance({ networkInterfaces, serviceAccount }))).rejects.toThrow(
      /'other' was not found.*'192\.0\.2\.9' was not found.*'other' was not found/,
    );
  });

  test("a zone outside the subnet's region", async () => {
    await createNetwork();
    await expect(create(types.instance, instance({ zone: "europe-west1-b" }))).rejects.toThrow("europe-west8");
    expect(standIn.check(types.instance, instance({ zone: "europe-west1-a" }))).toHaveLength(1); // there is none
  });

  test("an address outside the subnet, reserved by Google, or of another instance", async () => {
    await createNetwork();
    const createAt = (name: string, networkIp?: string) =>
      create(
        types.instance,
        instance({ name, networkInterfaces: [{ subnetwork: "sub", networkIp, accessConfigs: [] }] }),
      );
    await expect(createAt("a", "10.240.1.2")).rejects.toThrow("isn't in the subnet");
    await expect(createAt("a", "10.240.0.1")).rejects.toThrow("already in use");
    await createAt("a", "10.240.0.2");
    await expect(createAt("b", "10.240.0.2")).rejects.toThrow("already in use");
    await createAt("b");
    expect(machines.deeds).toEqual(["start a 10.240.0.2", "start b 10.240.0.3"]);
  });

  test("subnets that overlap", async () => {
    await createNetwork();
    const other = { ...subnet, name: "other", ipCidrRange: "10.240.0.8/29" };
    await expect(create(types.subnetwork, other)).rejects.toThrow("overlaps");
  });

  test("deleting what is in use, or protected", async () => {
    await createNetwork();
    const { id } = await create(types.instance, instance({ deletionProtection: true }));
    await expect(standIn.delete(types.network, "projects/example-1/global/networks/net")).rejects.toThrow("being used");
    await expect(standIn.delete(types.instance, id)).rejects.toThrow("deletion protection");
    expect(machines.deeds).not.toContain("remove controller-0");
    await standIn.update(types.instance, id, instance(), false);
    await standIn.delete(types.instance, id);
    expect(machines.deeds).toContain("remove controller-0");
  });

  test("stopping an instance without permission, and a disk that shrinks", async () => {
    await createNetwork();
    const { id } = await create(types.instance, instance());
    const bigger = { machineType: "e2-standard-4" };
    await expect(standIn.update(types.instance, id, instance(bigger), false)).rejects.toThrow("allowStoppingForUpdate");
    await standIn.update(types.instance, id, instance({ ...bigger, allowStoppingForUpdate: true }), false);
    expect(machines.deeds.at(-1)).toBe("restart controller-0 16");
    const small = {
      initializeParams: { image: "ubuntu-os-cloud/ubuntu-2404-lts-amd64", size: 20, type: "pd-balanced" },
    };
    await expect(standIn.update(types.instance, id, instance({ bootDisk: small }), false)).rejects.toThrow("shrink");
  });
});

describe("changes", () => {
  test("a property that Google can't change in place replaces the resource", () => {
    const diff = (changes: Properties) => standIn.diff(types.instance, instance(), instance(changes));
    expect(diff({})).toEqual({ changed: [], replacing: [] });
    expect(diff({ machineType: "e2-standard-4" })).toEqual({ changed: ["machineType"], replacing: [] });
    expect(diff({ zone: "europe-west8-b" }).replacing).toEqual(["zone"]);
    expect(diff({ zone: unknown }).replacing).toEqual(["zone"]);
    const moved = [{ subnetwork: "sub", networkIp: "10.240.0.11", accessConfigs: [{}] }];
    expect(diff({ networkInterfaces: moved }).replacing).toEqual(["networkInterfaces.networkIp"]);
  });

  test("the cloud chooses an address that isn't set, which is no change", () => {
    const without = instance({ networkInterfaces: [{ subnetwork: "sub", accessConfigs: [{}] }] });
    expect(standIn.diff(types.instance, instance(), without)).toEqual({ changed: [], replacing: [] });
  });

  test("an instance that was stopped has another external address, unless that is reserved", async () => {
    await createNetwork();
    const { outputs: reserved } = await create(types.address, { name: "api", region: "europe-west8" });
    const cards = (natIp?: unknown) => [{ subnetwork: "sub", accessConfigs: [natIp === undefined ? {} : { natIp }] }];
    const natIp = ({ networkInterfaces }: Properties) => (networkInterfaces as ReturnType<typeof cards>)[0]!.accessConfigs[0]!.natIp; // prettier-ignore
    for (const [name, given] of [
      ["fixed", reserved["address"]],
      ["other", undefined],
    ] as const) {
      // prettier-ignore
      const inputs = instance({ name, networkInterfaces: cards(given), allowStoppingForUpdate: true });
      const { id, outputs } = await create(types.instance, inputs);
      const after = await standIn.update(types.instance, id, { ...inputs, machineType: "e2-small" }, false);
      expect([natIp(outputs), natIp(after)]).toEqual(given ? ["192.0.2.1", "192.0.2.1"] : ["192.0.2.2", "192.0.2.3"]);
    }
  });

  test("a preview changes nothing", async () => {
    await standIn.create(types.network, network, true);
    expect(standIn.read(types.network, "projects/example-1/global/networks/net")).toBeUndefined();
  });
});

describe("traffic", () => {
  const api = {
    name: "api",
    network: "net",
    targetTags: ["controller"],
    allows: [{ protocol: "tcp", ports: ["6443"] }],
  };

  async function createBalancer(probes: string[]): Promise<void> {
    await createNetwork();
    const { outputs } = await create(types.address, { name: "api", region: "europe-west8" });
    await create(types.firewall, { ...api, sourceRanges: ["203.0.113.7/32"] });
    await create(types.firewall, { ...api, name: "probes", sourceRanges: probes });
    await create(types.instance, instance());
    await create(types.instanceGroup, { name: "group", zone: "europe-west8-a", network: "net" });
    await create(types.membership, { zone: "europe-west8-a", instanceGroup: "group", instance: "controller-0" });
    const httpsHealthCheck = { port: 6443, requestPath: "/readyz" };
    await create(types.healthCheck, { name: "check", region: "europe-west8", httpsHealthCheck });
    const common = { region: "europe-west8", loadBalancingScheme: "EXTERNAL" };
    const backends = [{ group: "group", balancingMode: "CONNECTION" }];
    await create(types.backendService, {
      ...common,
      name: "service",
      protocol: "TCP",
      healthChecks: "check",
      backends,
    });
    await create(types.forwardingRule, {
      ...common,
      ...{ name: "rule", ipProtocol: "TCP", ports: ["6443"], backendService: "service" },
      ipAddress: outputs["address"],
    });
  }

  const allProbes = ["35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22"];

  test("an instance accepts only what the rules for its tags allow", async () => {
    await createNetwork();
    await create(types.instance, instance());
    await create(types.instance, instance({ name: "worker-0", tags: [], networkInterfaces: [{ subnetwork: "sub", accessConfigs: [] }] })); // prettier-ignore
    expect(machines.admitted.get("controller-0")!.rules).toEqual([]);
    await create(types.firewall, { ...api, sourceRanges: ["203.0.113.7/32"] });
    expect(machines.admitted.get("controller-0")!.rules).toEqual([
      "--source 203.0.113.7/32 --protocol tcp --match multiport --destination-ports 6443",
    ]);
    expect(machines.admitted.get("worker-0")!.rules).toEqual([]);
  });

  test("a load balancer forwards to the members of its groups, which accept packets to its address", async () => {
    await createBalancer(allProbes);
    expect(machines.frontEnds.get("rule")).toMatchObject({
      address: "192.0.2.1",
      port: 6443,
      backends: [{ name: "controller-0", probed: true, sources: ["203.0.113.7/32", ...allProbes] }],
    });
    const { rules, forwarded } = machines.admitted.get("controller-0")!;
    expect(forwarded).toEqual(["192.0.2.1"]);
    expect(rules).toContain("--source 198.51.100.1/32 --protocol tcp --destination-port 6443");
  });

  test("a member is never probed if the firewall blocks one of the probes' ranges", async () => {
    await createBalancer(allProbes.slice(1));
    expect(machines.frontEnds.get("rule")!.backends).toMatchObject([{ probed: false }]);
  });

  test("a deleted instance leaves its group, and a new one with its name isn't in it", async () => {
    await createBalancer(allProbes);
    await standIn.delete(types.instance, `${place}/instances/controller-0`);
    expect(standIn.read(types.membership, `${place}/instanceGroups/group/controller-0`)).toBeUndefined();
    await create(types.instance, instance());
    expect(machines.frontEnds.get("rule")!.backends).toEqual([]);
  });
});
