import { kubernetesVersions } from "../../../../components/artifacts/kubernetesReleases";
import { tooFar, upgradesOf } from "../../../e2e/years/releasePath";

test("the story makes every upgrade of the table, one minor version at a time, and begins with one to a patch", () => {
  expect(upgradesOf(kubernetesVersions)).toEqual([
    ["1.34.3", "1.34.4"],
    ["1.34.4", "1.35.4"],
    ["1.35.4", "1.36.3"],
    ["1.36.3", "1.37.2"],
  ]);
});

test("a table that lacks a minor version is an error, and no upgrade that would be refused", () =>
  expect(() => upgradesOf(["1.34.4", "1.36.3"])).toThrow("no release between 1.34.4 and 1.36.3"));

test("the first version that skips a minor version comes with the path to it, which takes no patch on the way", () => {
  expect(tooFar(kubernetesVersions)).toEqual(["1.34.3", "1.35.4", "1.36.3"]);
  expect(tooFar(["1.34.3", "1.34.4", "1.35.4", "1.35.5", "1.36.3"])).toEqual(["1.34.3", "1.35.5", "1.36.3"]);
  expect(() => tooFar(["1.34.4", "1.35.4"])).toThrow("skips no minor version");
});
