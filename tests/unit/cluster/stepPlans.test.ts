import { mirrorInputs } from "../../../components/artifacts/source";
import { byRole, type PlannedHost } from "../../../components/cluster/hostsPlan";
import {
  controlPlaneConfigInputs,
  controlPlaneInputs,
  initInputs,
} from "../../../components/cluster/steps/controlPlanePlan";
import { preflightInputs } from "../../../components/cluster/steps/preflightPlan";
import { prepareInputs } from "../../../components/cluster/steps/preparePlan";
import { joinInputs } from "../../../components/cluster/steps/workerPlan";
import { clusterSettings } from "../../support/preflight";

const settings = { ...clusterSettings, podImages: ["cni:1", "kafka:2"] };
const host = (name: string, role: PlannedHost["role"], address: string): PlannedHost => ({ name, role, address });
const master = host("master-1", "control-plane", "10.0.0.1");
const worker = host("worker-1", "worker", "10.0.0.2");

const masters = [master, host("master-2", "control-plane", "10.0.0.3"), host("master-3", "control-plane", "10.0.0.4")];
const result = { authority: "QUJD", certificateKey: "c0ffee" };

test("control planes keep the config's order wherever they are in the list", () => {
  expect(byRole([worker, master])).toEqual({ controlPlanes: [master], workers: [worker] });
  expect(byRole([masters[1]!, worker, master]).controlPlanes).toEqual([masters[1], master]);
});

test("a cluster without a control plane is refused", () => {
  expect(() => byRole([worker])).toThrow("needs a control plane");
});

test("a host's preparation has only the host itself as input, so that adding a host changes no other", () => {
  const inputs = prepareInputs(worker, settings, true, { kind: "upstream" });
  expect(inputs).toMatchObject({ ADDRESS: "10.0.0.2", PROXY: "true" });
  expect(JSON.stringify(inputs)).not.toContain(master.address);
});

test("workers pull images, control planes don't", () => {
  const pulledBy = (host: PlannedHost) => prepareInputs(host, settings, false, { kind: "upstream" }).POD_IMAGES;
  expect(pulledBy(worker)).toBe("cni:1 kafka:2");
  expect(pulledBy(master)).toBe("");
});

test("a worker connects directly to a single control plane, and through its own proxy to several", () => {
  const admitted = JSON.stringify({ certificate: "REVG", authority: "QUJD" });
  const inputsFor = (controlPlanes: PlannedHost[], loadBalancer?: string) =>
    joinInputs(worker, settings, controlPlanes, loadBalancer, admitted);
  expect(inputsFor([master])).toMatchObject({ API_ADDRESS: "10.0.0.1", API_SERVERS: "" });
  expect(inputsFor(masters)).toMatchObject({
    API_ADDRESS: "127.0.0.1",
    API_SERVERS: "master-1=10.0.0.1 master-2=10.0.0.3 master-3=10.0.0.4",
  });
  // …unless the backend has a load balancer
  expect(inputsFor(masters, "10.0.0.100")).toMatchObject({ API_ADDRESS: "10.0.0.100", API_SERVERS: "" });
});

test("only the last control plane removes unlisted ones, after all listed ones have joined", () => {
  const last = masters.map((control) => controlPlaneInputs(control, settings, masters, [], result).IS_LAST);
  expect(last).toEqual(["false", "false", "true"]);
  expect(controlPlaneInputs(master, settings, [master], [], result).IS_LAST).toBe("true");
});

test("a control plane joins by the authority that another one has now, and in a new cluster by the first one", () => {
  const inputsBy = (authority: string) =>
    controlPlaneInputs(master, settings, masters, [], result, JSON.stringify({ certificate: "REVG", authority }));
  expect(inputsBy("bmV3")).toMatchObject({ AUTHORITY: "bmV3", CERTIFICATE: "REVG" });
  expect(inputsBy("")).toMatchObject({ AUTHORITY: "QUJD" });
});

test("the controller manager signs by a file of its own where authorities may be exchanged, but not before there is one", () => {
  const exchanged = { ...settings, authorityGeneration: 2 };
  const flag = "name: cluster-signing-cert-file\n      value: /etc/kubernetes/pki/kubeadm-kafka-signer.crt\n";
  expect(controlPlaneConfigInputs(master, exchanged, [], true).INIT_CONFIG).toContain(flag);
  expect(controlPlaneConfigInputs(master, settings, [], true).INIT_CONFIG).not.toContain("signer");
  expect(initInputs(master, exchanged, [])).toMatchObject({ AUTHORITY_GENERATION: "2" });
  expect(initInputs(master, exchanged, []).KUBEADM_CONFIG).toBe(initInputs(master, settings, []).KUBEADM_CONFIG);
});

test("a mirror's URL is passed without the slash that would double", () => {
  const mirror = { kind: "mirror", url: "http://172.30.0.2:5000/", key: "A".repeat(40) } as const;
  expect(mirrorInputs(mirror)).toEqual({ MIRROR: "http://172.30.0.2:5000", MIRROR_KEY: mirror.key });
  expect(prepareInputs(worker, settings, false, mirror)).toMatchObject(mirrorInputs(mirror));
  expect(prepareInputs(worker, settings, false, { kind: "upstream" })).toMatchObject({ MIRROR: "", MIRROR_KEY: "" });
});

test("requirements have defaults, and each can be set separately", () => {
  expect(preflightInputs(worker, settings, [], false)).toMatchObject({
    MIN_MEMORY_MIB: "1700",
    MIN_DISK_GIB: "8",
  });
  expect(preflightInputs(worker, settings, [], false, { diskGiB: 30 })).toMatchObject({
    MIN_MEMORY_MIB: "1700",
    MIN_DISK_GIB: "30",
  });
});
