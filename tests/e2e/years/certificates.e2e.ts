import { setTimeout } from "node:timers/promises";

import { eventually } from "../../support/eventually";
import { named } from "../cluster/storyMachines";
import { Kubectl } from "../support/kubectl";
import { Report } from "../support/report";
import { story } from "../support/story";
import { brokers, Lab } from "./lab";
import { Loads } from "./loads";
import { byHost, watchServed } from "./servedCertificates";

const lab = new Lab();
const { stack } = lab;
const report = new Report("certificates", "e2e-years");
const loads = new Loads(lab, report);

/** Validity of the certificates, in minutes. */
const VALID_MINUTES = 4;
/**
 * Time before a certificate's end at which it is renewed, in minutes: the longest that the config allows. A third is too little here:
 * the three control planes restart their static pods one after the other, which takes each 25 to 55 s on a machine of two cores.
 */
const RENEW_BEFORE_MINUTES = VALID_MINUTES / 2;
/** Time in which nobody runs anything. Each certificate would end more than twice. */
const UNATTENDED_SECONDS = 600;

/**
 * Hosts in containers have the clock of their machine, and programs in Go ask the kernel for it without a library
 * that faketime could replace. So the certificates are short, in place of a clock that is moved by a year. Not shown
 * is what else ends after a year: kubelets' own certificates, if their hosts were off for all that time.
 */
story("certificates are renewed by the control planes themselves", (step) => {
  /** The kubeconfig of before, whose certificate is valid for a year. */
  let longKubeconfig: string;
  let kubectl: Kubectl;

  /** Renews all of kubeadm's certificates, by hand, so that they have the new validity. */
  async function renewAllByHand(): Promise<void> {
    for (const master of lab.masters) await lab.on(master, "kubeadm certs renew all");
  }

  /** End of each of kubeadm's certificates on the control planes, in seconds from now. */
  async function secondsLeft(): Promise<number[]> {
    const print = "--output jsonpath='{range .certificates[?(@.missing==false)]}{.expirationDate}{\"\\n\"}{end}'";
    const ends = lab.masters.map((master) => lab.on(master, `kubeadm certs check-expiration ${print} 2>/dev/null`));
    const lines = (await Promise.all(ends)).join("").split("\n").filter(Boolean);
    return lines.map((line) => (Date.parse(line) - Date.now()) / 1000);
  }

  async function noProblem(): Promise<void> {
    const note = "{.metadata.annotations['kubeadm-kafka/certificates-problem']}";
    expect(await kubectl.run("get", "nodes", "--output", `jsonpath={range .items[*]}${note}{end}`)).toBe("");
    for (const master of lab.masters) {
      const state = await lab.on(master, "systemctl is-failed kubeadm-kafka-certificates.service || true");
      expect(state.trim()).not.toBe("failed");
    }
  }

  async function allReady(): Promise<void> {
    await eventually(600, async () => {
      await kubectl.run("wait", "node", "--all", "--for", "condition=Ready", "--timeout", "5s");
      await kubectl.etcdctl(lab.masters[0]!.name, "endpoint", "health", "--cluster");
    });
  }

  step(`set-up: new certificates are to be valid for ${VALID_MINUTES} minutes`, async () => {
    await lab.begin();
    longKubeconfig = lab.outputs.kubeconfig;
    kubectl = new Kubectl(`${stack.name}-certificates`, longKubeconfig);
    await stack.setConfig("kubernetes.certificates.validity", `${VALID_MINUTES}m`);
    await stack.setConfig("kubernetes.certificates.renewBefore", `${RENEW_BEFORE_MINUTES}m`);
    await stack.up();
  });

  step("certificates that somebody has renewed by hand have that validity", async () => {
    await renewAllByHand();
    const left = await secondsLeft();
    expect(left.length).toBeGreaterThan(3 * 8);
    expect(Math.max(...left)).toBeLessThanOrEqual(VALID_MINUTES * 60);
    expect(Math.min(...left)).toBeGreaterThan(0);
  });

  step(
    `for ${UNATTENDED_SECONDS / 60} minutes nobody runs anything: no certificate ends, no API request fails, no record is lost`,
    async () => {
      await loads.duringWithRequests(
        "unattended",
        async () => {
          const served = byHost(await watchServed(lab.masters, UNATTENDED_SECONDS));
          console.log(`certificates of ${VALID_MINUTES} minutes: ${JSON.stringify(served)}`);
          expect(Object.keys(served).sort()).toEqual(named(...lab.masters));
          for (const { count, leastSecondsLeft } of Object.values(served)) {
            expect(count).toBeGreaterThanOrEqual(3);
            expect(leastSecondsLeft).toBeGreaterThan(0);
          }
          return { served };
        },
        longKubeconfig,
      );
      expect(Math.min(...(await secondsLeft()))).toBeGreaterThan(0);
      await noProblem();
    },
  );

  step(
    "all machines are off until each certificate has ended; after they boot, the cluster comes back by itself",
    async () => {
      await lab.reboot(() => setTimeout((VALID_MINUTES + 1) * 60_000));
      const start = Date.now();
      await allReady();
      report.add("afterAllHaveEnded", { seconds: (Date.now() - start) / 1000 });
      expect(Math.min(...(await secondsLeft()))).toBeGreaterThan(0);
      await eventually(600, () => lab.kafka.isWhole(brokers));
      await loads.areStillThere();
      await noProblem();
    },
  );

  step("the stack's kubeconfig has ended as well, and up signs another one", async () => {
    const { kubeconfig: before } = await stack.outputs();
    const ended = new Kubectl(`${stack.name}-ended`, before);
    await expect(ended.run("get", "--raw", "/readyz")).rejects.toThrow(/Unauthorized|must be logged in|expired/);
    await lab.up();
    expect(lab.outputs.kubeconfig).not.toBe(before);
    expect(await lab.kubectl.run("get", "--raw", "/readyz")).toBe("ok");
  });

  step("with the former validity, up renews all certificates, and says how long they are valid", async () => {
    await stack.removeConfig("kubernetes.certificates");
    await lab.up();
    const { daysLeft, warnings } = lab.outputs.certificates;
    report.add("daysLeft", daysLeft);
    expect(warnings).toEqual([]);
    for (const name of ["kubeconfig", ...lab.masters.map((master) => master.name)])
      expect(daysLeft[name]).toBeGreaterThanOrEqual(363);
    expect(Math.min(...(await secondsLeft()))).toBeGreaterThan(363 * 86_400);
    await lab.isWell();
    await lab.leave();
  });

  step.cleanUp(() => lab.end());
});
