import { diskCheck, inotifyCheck, kernelCheck, memoryCheck } from "../../../toolchain/doctor/machineChecks";
import { goCheck, missingChecks } from "../../../toolchain/doctor/toolChecks";
import { formatChecks } from "../../../toolchain/doctor/check";

test("what is too small or missing has a remedy, what is sufficient has none", () => {
  expect(memoryCheck(2 ** 32).remedy).toMatch("8 GiB");
  expect(memoryCheck(2 ** 33).remedy).toBeUndefined();
  expect(diskCheck("/no/such/folder/yet", 1e9).remedy).toMatch("KUBEADM_KAFKA_CACHE");
  expect(diskCheck("/no/such/folder/yet", 0).remedy).toBeUndefined();
  expect(kernelCheck({ overlay: () => true, vxlan: () => false }).remedy).toMatch("container hosts need vxlan");
  expect(kernelCheck({ overlay: () => true }).remedy).toBeUndefined();
  expect(inotifyCheck(50).remedy).toMatch("sysctl fs.inotify.max_user_instances=1024");
  expect(inotifyCheck(128)).toEqual({
    name: "inotify",
    found: expect.stringContaining("enough for 4 hosts") as string,
  });
});

test("a missing tool needs the user only if make toolchain can't install it", () => {
  expect(missingChecks({ mvn: "maven" }, true)[0]!.remedy).toBeUndefined();
  expect(missingChecks({ mvn: "maven" }, false)[0]!.remedy).toMatch("apt-get install maven");
  expect(goCheck(true, true).remedy).toBeUndefined();
  expect(goCheck(true, false).remedy).toMatch("on PATH");
});

test("a remedy is printed below what it fixes", () => {
  const text = formatChecks([
    { name: "memory", found: "24 GiB" },
    { name: "go", found: "missing", remedy: "get it" },
  ]);
  expect(text.split("\n").map((line) => line.trimEnd())).toEqual([
    "  ok  memory  24 GiB",
    "  !!  go      missing",
    "              -> get it",
  ]);
});
