import { chooseSource, readEnvironment } from "../../../stacks/environment";

const withMirror = readEnvironment({ KUBEADM_KAFKA_MIRROR: "http://172.30.0.2:5000" });
const without = readEnvironment({ KUBEADM_KAFKA_MIRROR: "" });

test.each([
  ["auto takes the toolchain's mirror", "auto", undefined, withMirror, "http://172.30.0.2:5000"],
  ["auto takes upstream where there is none", "auto", undefined, without, undefined],
  [
    "the config's mirror goes before the toolchain's",
    "mirror",
    "http://10.0.0.2:5000",
    withMirror,
    "http://10.0.0.2:5000",
  ],
  ["upstream is upstream, mirror or not", "upstream", undefined, withMirror, undefined],
] as const)("%s", (_name, source, mirror, environment, url) => {
  expect(chooseSource({ source, mirror }, environment)).toEqual(
    url === undefined ? { kind: "upstream" } : { kind: "mirror", url },
  );
});
