import { parseConfig } from "../../../config/parseConfig";
import { publicKeyOf } from "../../support/keys";
import { chooseSource, mirrorMistakes, readEnvironment, restoreMistakes, restoreOf } from "../../../stacks/environment";

const [theirs, ours] = ["A".repeat(40), "B".repeat(40)];
const withMirror = readEnvironment({
  KUBEADM_KAFKA_MIRROR: "http://172.30.0.2:5000",
  KUBEADM_KAFKA_MIRROR_KEY: theirs,
});
const without = readEnvironment({ KUBEADM_KAFKA_MIRROR: "" });

test.each([
  ["auto takes the toolchain's mirror and its key", "auto", undefined, withMirror, ["http://172.30.0.2:5000", theirs]],
  ["auto takes upstream where there is none", "auto", undefined, without, undefined],
  [
    "the config's mirror and key go before the toolchain's",
    "mirror",
    "http://10.0.0.2:5000",
    withMirror,
    ["http://10.0.0.2:5000", ours],
  ],
  ["upstream is upstream, mirror or not", "upstream", undefined, withMirror, undefined],
] as const)("%s", (_name, source, mirror, environment, chosen) => {
  expect(chooseSource({ source, mirror, mirrorKey: mirror && ours }, environment)).toEqual(
    chosen === undefined ? { kind: "upstream" } : { kind: "mirror", url: chosen[0], key: chosen[1] },
  );
});

const mistakesIn = (
  version: string,
  artifacts: Parameters<typeof chooseSource>[0],
  where: typeof withMirror,
  onHosts?: readonly string[],
) =>
  mirrorMistakes({ kubernetes: { version }, artifacts }, where, onHosts).map(
    ({ code, key, message }) => `${code} ${key}: ${message}`,
  );

test("a mirror that an older toolchain serves, without a signature, is refused with the command that signs it", () => {
  const older = readEnvironment({ KUBEADM_KAFKA_MIRROR: "http://172.30.0.2:5000" });
  expect(mistakesIn("1.34.4", { source: "auto" }, older)).toEqual([
    "KK593 artifacts.source: the toolchain's mirror at http://172.30.0.2:5000 is unsigned, since an older toolchain made it; " +
      "run `make toolchain`",
  ]);
  expect(mistakesIn("1.34.4", { source: "upstream" }, older)).toEqual([]);
  expect(mistakesIn("1.34.4", { source: "mirror", mirror: "http://10.0.0.2:5000", mirrorKey: ours }, older)).toEqual(
    [],
  );
});

describe("a Kubernetes version that the toolchain's mirror lacks", () => {
  const url = "http://172.30.0.2:5000";
  const environment = readEnvironment({
    KUBEADM_KAFKA_MIRROR: url,
    KUBEADM_KAFKA_MIRROR_KEY: theirs,
    KUBEADM_KAFKA_MIRROR_KUBERNETES: "1.34.4 1.35.4",
  });
  const mistakesOf = (version: string, artifacts: Parameters<typeof chooseSource>[0], where = environment) =>
    mistakesIn(version, artifacts, where);

  test("is refused, with what the mirror has, and how to build the version", () => {
    expect(mistakesOf("1.36.3", { source: "auto" })).toEqual([
      "KK503 kubernetes.version: 1.36.3 isn't in the toolchain's mirror, which has 1.34.4, 1.35.4; " +
        "build it with `make toolchain versions=1.36.3`, or set one of these",
    ]);
    expect(mistakesOf("1.36.3", { source: "mirror", mirror: url })).toHaveLength(1);
    expect(mistakesOf("1.35.4", { source: "auto" })).toEqual([]);
  });

  test("isn't to be built if no upgrade from what the hosts run leads there at once: the cluster then says which one does", () => {
    const from = (...onHosts: string[]) => mistakesIn("1.36.3", { source: "auto" }, environment, onHosts).length;
    expect([from("1.35.4", "1.35.4"), from("1.36.1")]).toEqual([1, 1]);
    expect([from("1.34.4"), from("1.35.4", "1.34.4"), from("1.37.2"), from("1.36.9")]).toEqual([0, 0, 0, 0]);
  });

  test("is no mistake with another mirror, or with upstream", () => {
    expect(mistakesOf("1.36.3", { source: "mirror", mirror: "http://10.0.0.2:5000" })).toEqual([]);
    expect(mistakesOf("1.36.3", { source: "upstream" })).toEqual([]);
    expect(mistakesOf("1.36.3", { source: "auto" }, without)).toEqual([]);
  });

  test("isn't known from an older toolchain, which says nothing about versions", () => {
    expect(mistakesOf("1.36.3", { source: "auto" }, withMirror)).toEqual([]);
  });
});

describe("the restore that a run is asked for", () => {
  const hosts = [
    { name: "master", role: "control-plane", address: "10.0.0.4" },
    { name: "worker", role: "worker", address: "10.0.0.5" },
  ].map((host) => ({ ...host, ssh: { hostKey: publicKeyOf(host.name) } }));
  const config = parseConfig("lab", { hosts: { existing: hosts, ssh: { agent: true } } });
  const asked = (restore?: string) => readEnvironment({ KUBEADM_KAFKA_RESTORE: restore });
  const refused = (restore?: string) => restoreMistakes("lab", config, asked(restore)).map(({ code }) => code);

  test("is run on the control plane that it names", () => {
    expect(restoreOf(asked("master@20261128T190000Z-1f2e3d4c"))).toMatchObject({
      host: "master",
      time: "2026-11-28T19:00:00Z",
    });
    expect(refused("master@20261128T190000Z-1f2e3d4c")).toEqual([]);
    expect([refused(), restoreOf(asked())]).toEqual([[], undefined]);
  });

  test("is refused if no control plane can run it, since nothing would then be restored", () => {
    expect(refused("worker@20261128T190000Z-1f2e3d4c")).toEqual(["KK979"]);
    expect(refused("yes")).toEqual(["KK979"]);
  });
});
