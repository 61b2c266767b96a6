import * as fs from "node:fs";
import * as path from "node:path";

import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";

import { GcpHosts } from "../../../components/hosts/gcp/gcpHosts";
import { types } from "../../gcp-stand-in/resources/types";
import { StandInCloud } from "../../gcp-stand-in/standInCloud";
import { eventually } from "../../support/eventually";
import { inContainer } from "../../support/machines";
import { output } from "../../support/shell";
import { root, workFolder } from "../../support/stack";
import { Report } from "../support/report";
import { story } from "../support/story";

const report = new Report("hosts", path.join(root, "build/e2e-gcp.json"));

const reserved = "172.30.0.96";
const cloud = new StandInCloud({
  folder: path.join(workFolder, "gcp-hosts-stand-in"),
  image: process.env["KUBEADM_KAFKA_HOST_IMAGE"]!,
  externalAddresses: [reserved, "172.30.0.97", "172.30.0.98", "172.30.0.99"],
  probeAddresses: ["172.30.0.83", "172.30.0.84"],
  guardedRanges: [],
});

const controllers = { "controller-0": "172.30.0.91", "controller-1": "172.30.0.92" };
const container = (host: string) => `gcp-hosts-${host}`;

/** What the stack's config says, as far as this story changes it. */
const config = { types: {} as Record<string, string> };

/** GcpHosts alone, as the gcp stack makes it. */
async function program(): Promise<void> {
  new GcpHosts(
    "hosts",
    {
      project: "thesis-1",
      region: "europe-west8",
      zones: ["europe-west8-a", "europe-west8-b"],
      network: { name: "kubernetes", range: "172.30.0.80/28", mtu: 1460 },
      allow: { ssh: ["172.30.0.1/32"], api: ["172.30.0.1/32"] },
      machine: {
        type: "e2-standard-2",
        image: "ubuntu-os-cloud/ubuntu-2404-lts-amd64",
        disk: { type: "pd-balanced", size: 50 },
      },
      publicAddresses: true,
      deletionProtection: false,
      ssh: { user: "kubeadm-kafka", osLogin: false },
      instances: Object.entries(controllers).map(([name, address]) => ({
        ...{ name, address, role: "control-plane" as const, type: config.types[name] },
      })),
      pods: { range: "10.200.0.0/16", routed: false },
    },
    {},
  );
}

story("two control planes' instances behind load balancers, without a cluster on them", (step) => {
  let stack: Stack;

  step("set-up", async () => {
    await cloud.clear();
    cloud.install();
    const state = path.join(workFolder, "state");
    fs.mkdirSync(state, { recursive: true });
    const envVars = {
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "for gcp-hosts only",
    };
    stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "gcp-hosts", projectName: "gcp-hosts", program },
      { envVars },
    );
  });

  step("up makes all of it, and logs in by host keys that were known before", async () => {
    const { seconds, changes } = await up();
    report.add("up", { seconds, changes });
    expect(cloud.ids()).toHaveLength(19);
    expect((await up()).changes).toEqual({});
  });

  step("a load balancer sends to those that answer its health check, and to no others", async () => {
    expect(await answerFrom(reserved)).toBeUndefined();
    await startAnswering("controller-0");
    await eventually(60, async () => expect(await answerFrom(reserved)).toBe("controller-0"));
    await startAnswering("controller-1");
    const seen = new Set<string | undefined>();
    await eventually(60, async () => {
      seen.add(await answerFrom(reserved));
      expect(seen).toEqual(new Set(["controller-0", "controller-1"]));
    });
    await inContainer(container("controller-0"), "systemctl stop answering");
    await eventually(60, async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => answerFrom(reserved)));
      expect(new Set(answers)).toEqual(new Set(["controller-1"]));
    });
  });

  step("a control plane is its load balancers' addresses itself", async () => {
    const own = `timeout 3 bash -c '</dev/tcp/${reserved}/6443' && echo open || echo closed`;
    expect(await inContainer(container("controller-1"), own)).toBe("open\n");
    expect(await inContainer(container("controller-0"), own)).toBe("closed\n");
  });

  step("an instance that somebody deleted comes back by refresh and up, in its group again", async () => {
    const before = cloud.instance("controller-1");
    await cloud.deleteBehindItsBack(before);
    await stack.refresh();
    const { seconds, changes } = await up();
    report.add("instanceDeleted", { seconds, changes });
    expect(changes).toMatchObject({ create: 2 });
    expect(cloud.instance("controller-1").filled["instanceId"]).not.toBe(before.filled["instanceId"]);
    expect(cloud.items().filter(({ type }) => type === types.membership)).toHaveLength(2);
    await startAnswering("controller-1");
    await eventually(60, async () => expect(await answerFrom(reserved)).toBe("controller-1"));
    expect((await up()).changes).toEqual({});
  });

  step("a change of two instances' types in one run is refused, and nothing is touched", async () => {
    const before = cloud.items();
    config.types = { "controller-0": "e2-standard-4", "controller-1": "e2-standard-4" };
    await expect(up()).rejects.toThrow("would stop or replace controller-0 controller-1 in one run");
    expect(cloud.items()).toEqual(before);
  });

  step("one instance's type changes: it is stopped, started and found at its new address", async () => {
    config.types = { "controller-0": "e2-standard-4" };
    const address = cloud.instance("controller-0").filled["externalAddress"];
    const { seconds, changes } = await up();
    report.add("typeChanged", { seconds, changes });
    expect(cloud.instance("controller-0").filled["externalAddress"]).not.toBe(address);
    const limit = ["inspect", "--format", "{{.HostConfig.Memory}}", container("controller-0")];
    expect(Number(await output("docker", limit))).toBe(16 * 2 ** 30);
    expect((await up()).changes).toEqual({});
  });

  step("destroy leaves nothing", async () => {
    const { summary } = await stack.destroy();
    report.add("destroy", summary.resourceChanges);
    expect(cloud.ids()).toEqual([]);
    expect(await cloud.containers()).toEqual([]);
  });

  step.cleanUp(async () => {
    await cloud.clear();
    await (stack as Stack | undefined)?.workspace.removeStack("gcp-hosts", { force: true });
  });

  /** What changed: operation → count, without what is the same. */
  async function up(): Promise<{ seconds: number; changes: Record<string, number> }> {
    const start = Date.now();
    const { summary } = await stack.up();
    const changes = Object.entries(summary.resourceChanges ?? {}).filter(([operation]) => operation !== "same");
    return { seconds: (Date.now() - start) / 1000, changes: Object.fromEntries(changes) };
  }
});

/** In the place of an API server: says its host's name at /readyz, over TLS. */
async function startAnswering(host: string): Promise<void> {
  const script = `
    mkdir -p /srv/answering && cd /srv/answering && echo ${host} >readyz
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=api -keyout key -out certificate 2>/dev/null
    systemd-run --quiet --unit answering --working-directory $PWD \\
      openssl s_server -WWW -accept 6443 -cert certificate -key key`;
  await eventually(60, () => inContainer(container(host), script));
}

async function answerFrom(address: string): Promise<string | undefined> {
  const ask = ["--silent", "--insecure", "--http1.0", "--max-time", "5", `https://${address}:6443/readyz`];
  return (await output("curl", ask).catch(() => "")).trim() || undefined;
}
