import { randomBytes, randomInt } from "node:crypto";

import { eventually } from "../../support/eventually";
import { randomNumbers } from "../../support/randomNumbers";
import { underApiLoad } from "../cluster/apiRequestLoad";
import type { Entry } from "../cluster/storyMachines";
import { Report } from "../support/report";
import { story } from "../support/story";
import { judgeAudit } from "./audit";
import { changeWithKills } from "./killedChange";
import { Lab } from "./lab";
import { storedBy } from "./storedSecrets";

const lab = new Lab();
const { stack } = lab;
const report = new Report("keys", "e2e-years");
/** Seed of the moments at which `up` is killed. To repeat a run, set the seed that it printed. */
const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
const KILLS = 3;

const keys = "/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml";
const generationKey = "kubernetes.secretsEncryption.keyGeneration";

story("the key of Secrets is exchanged, and the audit log has no secret", (step) => {
  /** Value of a Secret that was written before all exchanges. */
  const word = randomBytes(12).toString("hex");
  let generation: number;
  let exchangeSeconds: number;
  /** Keys that are no longer used, in base64. */
  const formerKeys: string[] = [];

  /** Runs `up` with another key number, while Secrets are written and read, and requests sent to the API servers. */
  async function exchange(fact: string, up: () => Promise<object>): Promise<void> {
    formerKeys.push(...(await keysOn(lab.masters[0]!)));
    await stack.setConfig(generationKey, String(++generation));
    let facts: object;
    let ended = false;
    const api = underApiLoad(lab.clientHost, lab.outputs.kubeconfig, async () => {
      facts = await up().finally(() => (ended = true));
    });
    const uses = useSecrets(() => ended);
    const [requests, used] = await Promise.all([api, uses]);
    report.add(fact, { ...facts!, requests, secretsWrittenAndRead: used });
    expect(requests.failed).toBe(0);
    expect(used).toBeGreaterThan(3);
    await lab.connect();
    await onlyUsed(generation);
  }

  /**
   * Writes a Secret and reads it back, again and again. It retries for a minute, since the kubeconfig leads to a
   * single API server, which may restart.
   *
   * @returns how many times
   */
  async function useSecrets(ended: () => boolean): Promise<number> {
    let count = 0;
    while (!ended()) {
      const value = `value-${++count}`;
      await eventually(60, async () => {
        const patch = JSON.stringify({ stringData: { value } });
        await lab.kubectl.run("patch", "secret", "in-use", "--patch", patch);
        expect(await read("in-use", "value")).toBe(value);
      });
    }
    return count;
  }

  /** A Secret's value, by the API server of a control plane. @default whichever the kubeconfig leads to */
  async function read(secret: string, key: string, master?: Entry): Promise<string> {
    const server = master ? ["--server", `https://${master.address}:6443`, "--tls-server-name", master.address] : [];
    const value = await lab.kubectl.run(...server, "get", "secret", secret, "--output", `jsonpath={.data.${key}}`);
    return atob(value);
  }

  async function keysOn(host: Entry): Promise<string[]> {
    const text = await lab.on(host, `cat ${keys}`);
    return [...text.matchAll(/secret: ([A-Za-z0-9+/=]+)/g)].map(([, key]) => key!);
  }

  /**
   * Expects that each control plane has this key alone, that all Secrets in etcd are encrypted by it, and can be
   * read.
   */
  async function onlyUsed(number: number): Promise<void> {
    const [first, ...others] = await Promise.all(lab.masters.map(keysOn));
    expect(first).toHaveLength(1);
    for (const other of others) expect(other).toEqual(first);
    for (const { name } of lab.masters) {
      const raw = await lab.kubectl.etcdctl(name, "get", "/registry/secrets/", "--prefix", "--write-out", "fields");
      expect(Object.keys(storedBy(raw))).toEqual([`k8s:enc:secretbox:v1:${number}`]);
      const proof = await lab.kubectl.etcdctl(name, "get", "/registry/secrets/default/proof", "--print-value-only");
      expect(proof).toMatch(new RegExp(`^k8s:enc:secretbox:v1:${number}:`));
      expect(proof).not.toContain(word);
    }
    for (const master of lab.masters) expect(await read("proof", "word", master)).toBe(word);
  }

  step("set-up: a Secret is written, which etcd has encrypted by the cluster's key", async () => {
    await lab.begin();
    const { code, stdout } = await stack.try("config", "get", "--stack", stack.name, "--path", generationKey);
    generation = code === 0 ? Number(stdout) : 1;
    const create = ["create", "secret", "generic"];
    await lab.kubectl.run("delete", "secret", "proof", "in-use", "--ignore-not-found");
    await lab.kubectl.run(...create, "proof", "--from-literal", `word=${word}`);
    await lab.kubectl.run(...create, "in-use", "--from-literal", "value=none");
    await onlyUsed(generation);
  });

  step("another key number: all Secrets are stored by the new key, while they are written and read", () =>
    exchange("exchange", async () => {
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

  step("a lower key number is refused, since that key is gone", async () => {
    await stack.setConfig(generationKey, String(generation - 1));
    await lab.refuses("up", /KK971/);
    await stack.setConfig(generationKey, String(generation));
    await lab.up();
    await onlyUsed(generation);
  });

  step("no key, of now or before, is in the state, in a host's log or in the audit log", async () => {
    const all = [...formerKeys, ...(await keysOn(lab.masters[0]!))];
    expect(new Set(all).size).toBe(3);
    const state = JSON.stringify(await stack.exported());
    for (const key of all) expect(state.includes(key)).toBe(false);
    // The API server compresses the logs that it has finished.
    const logs = "/var/log/kubeadm-kafka.log /var/log/kubeadm-kafka-audit/*";
    const count = `grep --count --fixed-strings --file <(printf '%s\\n' ${all.join(" ")})`;
    const script = `set -e; zcat --force ${logs} >/dev/null; zcat --force ${logs} | ${count} || true`;
    for (const master of lab.masters) expect((await lab.on(master, script)).trim()).toBe("0");
  });

  step("the audit log says who did what with a Secret, and has no secret, token or environment of a pod", async () => {
    const [secret, password] = [randomBytes(12).toString("hex"), randomBytes(12).toString("hex")];
    const { kubectl } = lab;
    await kubectl.run("delete", "secret", "audited", "--ignore-not-found");
    await kubectl.run("create", "secret", "generic", "audited", "--from-literal", `word=${secret}`);
    expect(await read("audited", "word")).toBe(secret);
    await kubectl.run("create", "configmap", "audited", "--from-literal", `word=${password}`);
    const image = await kubectl.run(
      "get",
      "pod",
      "kafka-0",
      "--namespace",
      "kafka",
      "--output",
      "jsonpath={.spec.containers[0].image}",
    );
    await kubectl.run(
      "run",
      "audited",
      "--image",
      image,
      "--restart",
      "Never",
      "--env",
      `PASSWORD=${password}`,
      "--command",
      "--",
      "true",
    );
    const token = (await kubectl.run("create", "token", "default")).trim();
    await kubectl.run("delete", "pod", "audited", "--wait=false");
    await kubectl.run("delete", "secret,configmap", "audited");

    // The API server writes events in batches.
    const verdict = await eventually(60, async () => {
      const logs = await Promise.all(
        lab.masters.map((host) => lab.on(host, "cat /var/log/kubeadm-kafka-audit/audit.log")),
      );
      const judged = judgeAudit(logs.join("\n"), [word, secret, password, token]);
      for (const verb of ["create", "get", "delete"]) {
        expect(judged.ofSecrets).toContainEqual(expect.stringMatching(new RegExp(`^\\S+ ${verb} default/audited$`)));
      }
      return judged;
    });
    report.add("audit", { lines: verdict.lines, ofSecrets: verdict.ofSecrets.length });
    expect(verdict.leaks).toEqual([]);
  });

  step("the CIS benchmark's checks pass, but those that docs/cis.md has a reason for", async () => {
    const table = await stack.typed(`make --silent cis stack=${stack.name}`);
    report.add("cis", table.trim().split("\n").at(-1));
    console.log(table);
    expect(table).toMatch(/ 0 fail$/m);
  });

  step("the cluster is well", async () => {
    await lab.kubectl.run("delete", "secret", "proof", "in-use");
    await lab.isWell();
    await lab.leave();
  });

  step.cleanUp(() => lab.end());
});
