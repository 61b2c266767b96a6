import * as fs from "node:fs";
import * as path from "node:path";

import { eventually } from "../../support/eventually";
import { removeMachine } from "../../support/hostContainers";
import { output } from "../../support/shell";
import { workFolder } from "../../support/stack";
import { named } from "../cluster/storyMachines";
import { Report } from "../support/report";
import { story } from "../support/story";
import { Lab } from "./lab";
import { Loads } from "./loads";
import { commandsIn } from "./restoreCommands";

const lab = new Lab();
const { stack, machines } = lab;
const report = new Report("restore", "e2e-years");
const loads = new Loads(lab, report);
const backup = path.join(workFolder, `${stack.name}.backup`);

story("a cluster is restored, and has every acknowledged record", (step) => {
  async function allHostsAreMembers(): Promise<void> {
    expect(await lab.kubectl.nodes()).toEqual(named(...lab.entries));
    const list = await eventually(60, () => lab.kubectl.etcdctl(lab.masters[0]!.name, "member", "list"));
    const voters = list.split("\n").filter((line) => line.endsWith(", false"));
    expect(voters.map((line) => line.split(", ")[2]!).sort()).toEqual(named(...lab.masters));
  }

  const make = (kind: string[], name: string) => lab.kubectl.run("create", ...kind, name, "--from-literal", "was=here");
  /** Names of those of the objects that exist. */
  const existing = async (...names: string[]) =>
    (await lab.kubectl.run("get", ...names, "--ignore-not-found", "--output", "name")).split("\n").filter(Boolean);

  step("set-up: a backup of the cluster is on a control plane", async () => {
    await lab.begin();
    await lab.kubectl.run("delete", "configmap/before", "configmap/later", "secret/before", "--ignore-not-found");
    expect(Object.keys(lab.outputs.backups.newest).sort()).toEqual(named(...lab.masters));
    expect(lab.outputs.backups.problems).toEqual([]);
  });

  step("one of three control planes is lost for good: an empty machine takes its place, and no API request fails", () =>
    loads.duringWithRequests("one-lost", async () => {
      const lost = lab.masters[1]!;
      await removeMachine(machines.container(lost.name));
      lab.masters[1] = await machines.make(lost.name, "control-plane", machines.numberOf(lost));
      lab.list();
      const { seconds } = await lab.up();
      await allHostsAreMembers();
      await lab.isWell();
      return { seconds };
    }),
  );

  step("a backup is taken, and one that was changed is refused", async () => {
    await make(["configmap"], "before");
    await make(["secret", "generic"], "before");
    const [first] = lab.masters;
    await lab.on(first!, "systemctl start kubeadm-kafka-backup");
    const newest = (await lab.on(first!, "ls /var/backups/kubeadm-kafka/*/*.backup | tail -n 1")).trim();
    await output("docker", ["cp", `${machines.container(first!.name)}:${newest}`, backup]);
    await make(["configmap"], "later");

    const changed = fs.readFileSync(backup);
    changed[Math.floor(changed.length / 2)]! ^= 1;
    fs.writeFileSync(`${backup}.changed`, changed);
    await expect(restore(`${backup}.changed`)).rejects.toThrow("KK954");
    fs.rmSync(`${backup}.changed`);
  });

  /** `make restore`, confirmed as people do. @returns what it prints */
  const restore = (file: string): Promise<string> =>
    stack.typed(
      `echo ${stack.name} | make --silent restore stack=${stack.name} backup='${file}' host=${lab.masters[0]!.name}`,
    );

  step("all control planes are lost: Kafka serves meanwhile, and the backup brings the cluster back", () =>
    loads.during("all-lost", async (load) => {
      const start = Date.now();
      await Promise.all(lab.masters.map(({ name }) => removeMachine(machines.container(name))));
      await load.continues();
      for (const [at, lost] of lab.masters.entries()) {
        lab.masters[at] = await machines.make(lost.name, "control-plane", machines.numberOf(lost));
      }
      lab.list();
      const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
      expect(stdout + stderr).toContain("KK719");
      expect(code).not.toBe(0);
      await load.continues();
      for (const command of commandsIn(await restore(backup))) {
        console.log(await stack.typed(command));
      }
      await lab.connect();
      const seconds = (Date.now() - start) / 1000;

      expect(await existing("configmap/before", "configmap/later", "secret/before")).toEqual([
        "configmap/before",
        "secret/before",
      ]);
      const word = await lab.kubectl.run("get", "secret", "before", "--output", "jsonpath={.data.was}");
      expect(atob(word)).toBe("here");
      await allHostsAreMembers();
      await lab.isWell();
      return { seconds };
    }),
  );

  step(
    "Kafka's namespace is deleted: up makes it again, with the volumes, the cluster id and every record",
    async () => {
      const { clusterId } = lab.outputs.verification;
      const start = Date.now();
      await lab.kubectl.run("delete", "namespace", "kafka", "--timeout", "5m");
      await lab.up("--refresh");
      report.add("namespace", { seconds: (Date.now() - start) / 1000 });
      await lab.isWell();
      expect(lab.outputs.verification.clusterId).toBe(clusterId);
      await loads.areStillThere();
    },
  );

  step("after all of it, records are sent and read as before", async () => {
    await loads.during("afterwards", async (load) => {
      await load.continues();
      return {};
    });
    await loads.areStillThere();
    await lab.leave();
  });

  step.cleanUp(async () => {
    fs.rmSync(backup, { force: true });
    await lab.end();
  });
});
