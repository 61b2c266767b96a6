import { controlPlaneImages, images } from "../../../components/artifacts/images";
import { kubernetesVersions } from "../../../components/artifacts/kubernetesReleases";
import { piecesOf } from "../../../toolchain/recipes/mirror";

type Names = string | { [key: string]: Names };

function flat(names: Names): string[] {
  return typeof names === "string" ? [names] : Object.values(names).flatMap(flat);
}

test.each([...kubernetesVersions, kubernetesVersions.join(" ")])(
  "a mirror with Kubernetes %s has each image that a stack needs once, and no other",
  (list) => {
    const versions = list.split(" ");
    const named = new Set([...flat(images), ...versions.flatMap(controlPlaneImages)]);
    const built = piecesOf(versions).flatMap(({ settings }) => settings?.["IMAGE"] ?? []);
    expect(built.sort()).toEqual([...named].sort());
  },
);

test("an image's name includes its registry, so a mirror can tell images apart", () => {
  for (const name of [...flat(images), ...kubernetesVersions.flatMap(controlPlaneImages)]) {
    expect(name).toMatch(/^(docker\.io|quay\.io|registry\.k8s\.io)\/.+:[^:/]+$/);
  }
});
