import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { readResult } from "../../../components/cluster/hostReport";
import { composeScript } from "../../../components/cluster/hostScript";
import { kubeconfigInputs } from "../../../components/cluster/steps/certificatePlan";
import { CLUSTER } from "../../support/preflight";

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "kubeconfig-"));
afterAll(() => fs.rmSync(dir, { recursive: true }));

const KUBEADM = `#!/bin/bash
case $1 in
version) echo v1.34.4 ;;
kubeconfig) printf '%s\\n' "$@" && grep advertiseAddress "$4" ;;
esac`;

test("the administrator's certificate is signed anew, for as long as the config says, without an API server", () => {
  for (const folder of ["bin", "run", "log", "var/lib/kubeadm-kafka", "var/lib/kubelet"])
    fs.mkdirSync(path.join(dir, folder), { recursive: true });
  fs.writeFileSync(path.join(dir, "bin/kubeadm"), KUBEADM, { mode: 0o755 });
  fs.writeFileSync(path.join(dir, "var/lib/kubeadm-kafka/owner"), CLUSTER);
  fs.writeFileSync(path.join(dir, "var/lib/kubelet/kubeadm-flags.env"), 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.4"');
  const inputs = { CLUSTER, ...kubeconfigInputs(0, { validity: 240, renewBefore: 80 }) };
  const input = composeScript("master", actions.kubeconfig, inputs)
    .replaceAll(/\/(run|var\/lib)\//g, `${dir}/$1/`)
    .replace("RECORD=/var/lib", `RECORD=${dir}/var/lib`)
    .replaceAll("/var/log/", `${dir}/log/`);
  const env = { PATH: `${dir}/bin:${process.env.PATH}` };
  const { stdout, stderr } = spawnSync("bash", ["-s", "--", "create"], { input, encoding: "utf8", env });
  expect(stderr).toBe("");
  const printed = readResult(stdout, (text) => Buffer.from(text, "base64").toString(), { host: "master", step: "" });
  expect(printed.split("\n")).toEqual(
    expect.arrayContaining(["kubeadm:cluster-admins", "0h4m0s", "localAPIEndpoint: {advertiseAddress: 10.0.0.4}"]),
  );
  expect(fs.readdirSync(path.join(dir, "run/kubeadm-kafka-scripts"))).toEqual(["lock"]);
});
