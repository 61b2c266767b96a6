import { controlPlaneImages, images } from "../../../components/artifacts/images";
import { imageRecipes } from "../../../toolchain/recipes/images";
import { mirror } from "../../../toolchain/recipes/mirror";

type Names = string | { [key: string]: Names };

function flat(names: Names): string[] {
  return typeof names === "string" ? [names] : Object.values(names).flatMap(flat);
}

test("the mirror has each image that the program names once, and no other", () => {
  const named = new Set([...flat(images), ...controlPlaneImages]);
  const built = imageRecipes.map(({ settings }) => settings?.IMAGE);
  expect(built.sort()).toEqual([...named].sort());
});

test("an image's name includes its registry, so a mirror can tell images apart", () => {
  for (const name of [...flat(images), ...controlPlaneImages]) {
    expect(name).toMatch(/^(docker\.io|quay\.io|registry\.k8s\.io)\/.+:[^:/]+$/);
  }
});

test("the mirror contains all images", () => {
  expect(mirror.needs).toEqual(expect.arrayContaining(imageRecipes));
});
