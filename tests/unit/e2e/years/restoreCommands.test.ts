import { commandsAfter } from "../../../../components/cluster/restore/plan";
import { restoreRequest } from "../../../../components/cluster/restore/requestPlan";
import { commandsIn } from "../../../e2e/years/restoreCommands";

const preview =
  "The cluster of lab would be restored from it on master-1:\n  - Volumes stay on the disks of their hosts.\n";

test("the commands that `make restore` prints are run in order, and ask nobody", () => {
  const host = { name: "master-1", prefix: "lab-master-1", steps: ["backups"] };
  const restore = restoreRequest("master-1", "2026-11-28T18:00:00Z", "1f2e3d4c");
  const commands = commandsAfter("lab", { joined: ["master-1"], moved: [] }, host, restore);
  const printed = ["The backup is on the host. To restore the cluster from it:"].concat(commands).join("\n  ");
  const unattended = "--yes --skip-preview --non-interactive";
  expect(commandsIn(`${preview}To go on, type the stack's name (lab): ${printed}\n`)).toEqual([
    `KUBEADM_KAFKA_RESTORE=${restore.name} bin/pulumi up --stack lab --target-replace '**::lab-master-1-control-plane' ${unattended}`,
    `bin/pulumi up --stack lab --refresh --replace '**::lab-master-1-backups' ${unattended}`,
    "make health stack=lab",
  ]);
});

test("a restore that was not confirmed prints no commands, which is an error", () =>
  expect(() => commandsIn(`${preview}Nothing was changed.\n`)).toThrow("no commands in"));
