import { judgeVolumes, type VolumesOnHosts } from "../../../../components/storage/volumesPlan";
import { commandsToGiveUp } from "../../../e2e/years/givenUp";

const onHost = { matchExpressions: [{ key: "kubernetes.io/hostname", values: ["worker-2"] }] };
const found: VolumesOnHosts = {
  nodes: [{ metadata: { name: "worker-1" } }, { metadata: { name: "worker-2" } }],
  volumes: ["pv-0", "pv-1"].map((name) => ({
    metadata: { name },
    spec: { nodeAffinity: { required: { nodeSelectorTerms: [onHost] } } },
  })),
  claims: ["0", "1"].map((id) => ({
    metadata: { name: `data-kafka-${id}`, namespace: "kafka" },
    spec: { volumeName: `pv-${id}` },
  })),
};

test("the commands of the refusal to remove a host close it, and give up each of its volumes", () => {
  const { refusals } = judgeVolumes(found, [{ name: "worker-1" }], "kafka", () => false);
  const giveUp = (claim: string) => ["delete", "pvc", claim, "--namespace", "kafka", "--wait=false"];
  expect(commandsToGiveUp(refusals.join("\n"))).toEqual([
    ["cordon", "worker-2"],
    giveUp("data-kafka-0"),
    giveUp("data-kafka-1"),
  ]);
});

test("another refusal has no such commands, which is an error", () =>
  expect(() => commandsToGiveUp("worker-2 is cordoned [KK907]")).toThrow("no commands to give volumes up"));
