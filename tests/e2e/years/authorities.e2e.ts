import { randomInt } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import { randomNumbers } from "../../support/randomNumbers";
import { type ApiLoadReport, underApiLoad } from "../cluster/apiRequestLoad";
import type { Entry } from "../cluster/storyMachines";
import { Kubectl } from "../support/kubectl";
import { Report } from "../support/report";
import { story } from "../support/story";
import { changeWithKills } from "./killedChange";
import { brokers, Lab } from "./lab";
import { Loads } from "./loads";

const lab = new Lab();
const { stack } = lab;
const report = new Report("authorities", "e2e-years");
const loads = new Loads(lab, report);
/** Seed of the moments at which `up` is killed. To repeat a run, set the seed that it printed. */
const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
const KILLS = 3;

const generationKey = "kubernetes.certificates.authorityGeneration";
const pki = "/etc/kubernetes/pki";

story("the authorities of cluster, etcd and front proxy are exchanged", (step) => {
  let generation: number;
  let exchangeSeconds: number;
  /** Keys of authorities, in PEM. */
  const keys: string[] = [];

  /** Runs an exchange under load, with a client that reads its kubeconfig anew as soon as that changes. */
  async function exchange(claim: string, change: () => Promise<object>): Promise<void> {
    const [kubeconfigBefore, podsBefore] = [lab.outputs.kubeconfig, await kafkaPods()];
    const before = await authorityOn(lab.masters[0]!);
    keys.push(...(await keysOn(lab.masters[0]!)));
    await stack.setConfig(generationKey, String(++generation));
    let requests: ApiLoadReport;
    await loads.during(claim, async () => {
      let facts: object;
      requests = await underApiLoad(lab.clientHost, kubeconfigBefore, async (use) => {
        let ended = false;
        const follow = async (): Promise<void> => {
          for (let known = ""; !ended; await setTimeout(2000)) {
            const now = await lab.on(lab.masters[0]!, "cat /etc/kubernetes/admin.conf");
            if (now !== known) use(now);
            known = now;
          }
        };
        const changed = change().finally(() => (ended = true));
        [facts] = await Promise.all([changed, follow()]);
        await lab.connect(); // the load asks Kafka's pods when it ends
      });
      return { ...facts!, requests };
    });
    expect(requests!.failed).toBe(0);
    await lab.connect();
    expect(await kafkaPods()).toBe(podsBefore);
    await onlyNewest(before);
    const old = new Kubectl(`${stack.name}-before`, kubeconfigBefore);
    await expect(old.run("get", "--raw", "/readyz")).rejects.toThrow(/x509|certificate/);
  }

  /** Names and ids of Kafka's pods, and how often they have restarted. */
  const kafkaPods = (): Promise<string> =>
    lab.kubectl.run(
      "get",
      "pods",
      ...brokers.map((broker) => `kafka-${broker}`),
      "--namespace",
      "kafka",
      "--output",
      'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.status.containerStatuses[*].restartCount}{"\\n"}{end}',
    );

  const authorityOn = (host: Entry): Promise<string> => lab.on(host, `cat ${pki}/ca.crt`);

  async function keysOn(host: Entry): Promise<string[]> {
    const texts = ["ca", "etcd/ca", "front-proxy-ca"].map((name) => lab.on(host, `cat ${pki}/${name}.key`));
    return Promise.all(texts);
  }

  /** Expects that all hosts, pods and certificates have the newest authority alone. */
  async function onlyNewest(before: string): Promise<void> {
    const newest = await authorityOn(lab.masters[0]!);
    expect(newest).not.toBe(before);
    expect(newest.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    const verify = (file: string, authority: string): string => `openssl verify -CAfile ${pki}/${authority} ${file}`;
    for (const host of lab.entries) {
      expect(await authorityOn(host)).toBe(newest);
      expect(await lab.on(host, verify("/var/lib/kubelet/pki/kubelet-client-current.pem", "ca.crt"))).toContain("OK");
    }
    for (const host of lab.masters) {
      for (const name of ["apiserver", "apiserver-kubelet-client"])
        expect(await lab.on(host, verify(`${pki}/${name}.crt`, "ca.crt"))).toContain("OK");
      for (const name of ["server", "peer", "healthcheck-client"])
        expect(await lab.on(host, verify(`${pki}/etcd/${name}.crt`, "etcd/ca.crt"))).toContain("OK");
      expect(await lab.on(host, verify(`${pki}/front-proxy-client.crt`, "front-proxy-ca.crt"))).toContain("OK");
    }
    const published = await lab.kubectl.run(
      "get",
      "configmap",
      "kube-root-ca.crt",
      "--namespace",
      "kafka",
      "--output",
      "jsonpath={.data.ca\\.crt}",
    );
    expect(published.trim()).toBe(newest.trim());
    // Without a client that knows the authority alone, each of these fails.
    for (const { name } of lab.masters) await lab.kubectl.etcdctl(name, "endpoint", "health", "--cluster");
    await lab.kubectl.run(
      "rollout",
      "status",
      "daemonset/calico-node",
      "--namespace",
      "kube-system",
      "--timeout",
      "300s",
    );
    await lab.kubectl.run("rollout", "status", "deployment/coredns", "--namespace", "kube-system", "--timeout", "300s");
  }

  step("set-up", async () => {
    await lab.begin();
    const found = await lab.kubectl.run(
      "get",
      "secret",
      "kubeadm-kafka-authorities",
      "--namespace",
      "kube-system",
      "--ignore-not-found",
      "--output",
      "jsonpath={.data.generation}",
    );
    generation = Number(atob(found) || "1");
  });

  step(
    "another number: all certificates are signed anew; a pod that may know the old authority alone stops it until somebody decides",
    () =>
      exchange("exchange", async () => {
        const image = await lab.kubectl.run(
          "get",
          "pod",
          "kafka-0",
          "--namespace",
          "kafka",
          "--output",
          "jsonpath={.spec.containers[0].image}",
        );
        await lab.kubectl.run(
          "run",
          "theirs",
          "--image",
          image,
          "--restart",
          "Never",
          "--command",
          "--",
          "sleep",
          "infinity",
        );
        await lab.kubectl.run("wait", "pod", "theirs", "--for", "condition=Ready", "--timeout", "120s");
        const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
        expect(code).not.toBe(0);
        expect(stdout + stderr).toMatch(/default\/theirs\. .*\[KK964\]/s);
        expect(await lab.kubectl.run("get", "pod", "theirs", "--output", "jsonpath={.status.phase}")).toBe("Running");
        await lab.kubectl.run("annotate", "pod", "theirs", "kubeadm-kafka/authority=ignored");
        const { seconds } = await stack.up();
        exchangeSeconds = seconds;
        return { seconds };
      }),
  );

  step(`the same while up is killed -9 ${KILLS} times and carried on (SEED=${seed})`, () =>
    exchange("killedExchange", async () => {
      const change = await changeWithKills(stack, KILLS, exchangeSeconds, randomNumbers(seed));
      expect(change.killedAfterSeconds).toHaveLength(KILLS);
      return { seed, ...change };
    }),
  );

  step("a lower number is refused, since those authorities are gone", async () => {
    await stack.setConfig(generationKey, String(generation - 1));
    await lab.refuses("up", /KK961/);
    await stack.setConfig(generationKey, String(generation));
    await lab.up();
  });

  step("no authority's key, of now or before, is in the state or in a host's log", async () => {
    const all = [...keys, ...(await keysOn(lab.masters[0]!))];
    expect(new Set(all).size).toBe(9);
    const logs = lab.entries.map((host) => lab.on(host, "cat /var/log/kubeadm-kafka.log"));
    const texts = [JSON.stringify(await stack.exported()), ...(await Promise.all(logs))];
    const lines = all.map((key) => key.split("\n")[1]!);
    for (const line of lines) for (const text of texts) expect(text.includes(line)).toBe(false);
  });

  step("the cluster is well, and has every record", async () => {
    await lab.kubectl.run("delete", "pod", "theirs", "--grace-period", "1");
    await loads.areStillThere();
    await lab.isWell();
    await lab.leave();
  });

  step.cleanUp(() => lab.end());
});
