import { findTests, focusOn } from "../../../e2e/conformance/choice";
import { chosenTests } from "../../../e2e/conformance/tests";

const RELEASE = [
  "[sig-node] Pods should be updated [NodeConformance] [Conformance]",
  "[sig-node] Pods should be updated twice [Conformance]",
  "[sig-apps] Daemon set [Serial] should run and stop simple daemon [Conformance]",
  "[sig-network] Services should switch affinity [LinuxOnly] [Conformance]",
  "[sig-storage] Secrets should be mounted [Conformance]",
  "[sig-node] Secrets should be mounted [Conformance]",
];

test("a test is found whatever tags a release gives it, and wherever", () => {
  const wanted = [
    "[sig-apps] Daemon set should run and stop simple daemon",
    "[sig-node] Pods should be updated",
    "[sig-network] Services should switch affinity",
  ];
  expect(findTests(RELEASE, wanted)).toEqual([RELEASE[2], RELEASE[0], RELEASE[3]]);
  const later = "[sig-apps] Daemon set should run and stop simple daemon [Serial] [Conformance]";
  expect(findTests([later], wanted.slice(0, 1))).toEqual([later]);
});

test("tests of two SIGs with the same words are two", () => {
  expect(findTests(RELEASE, ["[sig-node] Secrets should be mounted"])).toEqual([RELEASE[5]]);
});

test("a test that a release lacks, or has twice, isn't passed over", () => {
  const gone = "[sig-node] Pods should fly";
  expect(() => findTests(RELEASE, ["[sig-node] Pods should be updated", gone])).toThrow(
    `not exactly one test of this release: ${gone}`,
  );
  const twice = [RELEASE[0]!, "[sig-node] Pods should be updated [Conformance]"];
  expect(() => findTests(twice, ["[sig-node] Pods should be updated"])).toThrow("Pods should be updated");
});

test("the focus matches the chosen tests as a whole, and no other", () => {
  // Within what these names have, regular expressions of JavaScript mean the same as those of Go.
  const focus = new RegExp(focusOn([RELEASE[0]!, RELEASE[2]!]));
  const matched = RELEASE.filter((name) => focus.test(`Kubernetes e2e suite ${name}`));
  expect(matched).toEqual([RELEASE[0], RELEASE[2]]);
  expect(focus.test(`Kubernetes e2e suite ${RELEASE[0]} of another kind`)).toBe(false);
});

test("a name's signs are no operators", () => {
  const name = "[sig-node] A probe (exec) should *not* be restarted. [Conformance]";
  expect(new RegExp(focusOn([name])).test(`Kubernetes e2e suite ${name}`)).toBe(true);
  expect(new RegExp(focusOn(["a.b"])).test("Kubernetes e2e suite aXb")).toBe(false);
});

test("each test is chosen once, with its SIG and without tags", () => {
  const names = Object.values(chosenTests).flat();
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.filter((name) => !/^\[sig-[a-z-]+\] [^[]+$/.test(name))).toEqual([]);
});
