import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { localPathManifest, volumeMark } from "../../../components/storage/localPathManifest";

test("a new volume has its mark from the beginning, and any user may write there", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "local-path-"));
  const volume = path.join(folder, "pvc-1");
  const config = localPathManifest({ volumesPath: "/v" }).find(({ kind }) => kind === "ConfigMap")!;
  const { setup } = config["data"] as { setup: string };
  expect(spawnSync("sh", { input: setup, env: { PATH: process.env["PATH"], VOL_DIR: volume } }).status).toBe(0);
  expect(fs.readdirSync(volume)).toEqual([volumeMark]);
  expect(fs.statSync(volume).mode & 0o777).toBe(0o777);
  fs.rmSync(folder, { recursive: true });
});

test("its namespace admits pods that mount their host's folders, whatever the cluster's default is", () => {
  const namespace = localPathManifest({ volumesPath: "/v" }).find(({ kind }) => kind === "Namespace")!;
  expect(namespace.metadata).toMatchObject({ labels: { "pod-security.kubernetes.io/enforce": "privileged" } });
});
