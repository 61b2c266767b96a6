import { execFileSync } from "node:child_process";
import { environmentFile } from "../../../toolchain/environment";
import { cacheFolder } from "../../../toolchain/prepare";
import { isUsable } from "../../../toolchain/machine/go";

test("a shell reads back what was written, whatever it contains, and PATH is extended at its start", () => {
  const text = environmentFile({ HOME_OF_IT: "/a b/it's $HOME", EMPTY: "", PATH: "/x y/bin" });
  const shell = `${text}\nprintf '%s|' "$HOME_OF_IT" "$EMPTY" "$PATH"`;
  const output = execFileSync("/bin/bash", ["--norc", "-euc", shell], { encoding: "utf8", env: { PATH: "/usr/bin" } });
  expect(output).toBe("/a b/it's $HOME||/x y/bin:/usr/bin|");
});

test("the cache is in the user's folder if set, else in the system's folder for caches", () => {
  expect(cacheFolder({ KUBEADM_KAFKA_CACHE: "/big/disk", XDG_CACHE_HOME: "/c" })).toBe("/big/disk");
  expect(cacheFolder({ XDG_CACHE_HOME: "/c" })).toBe("/c/kubeadm-kafka");
  expect(cacheFolder({})).toMatch(/\/\.cache\/kubeadm-kafka$/);
});

test.each([
  ["go1.19.8", false],
  ["go1.21.0", true],
  ["go1.26.8", true],
  ["devel", false],
])("Go %s fetches newer versions of itself: %s", (version, expected) => {
  expect(isUsable(version)).toBe(expected);
});
