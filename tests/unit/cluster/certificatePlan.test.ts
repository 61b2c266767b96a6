import * as fc from "fast-check";

import {
  certificateTimes,
  DEFAULT_TIMES,
  goDuration,
  secondsOf,
} from "../../../components/cluster/certificates/timesPlan";
import { certificateInputs, kubeconfigInputs } from "../../../components/cluster/steps/certificatePlan";

const DAY = 86_400;
const scripts = { RENEWER: "", APPROVER: "" };

test("durations of the config and of kubeadm", () => {
  expect(["4m", "12h", "365d"].map(secondsOf)).toEqual([240, 43_200, 31_536_000]);
  expect([240, 80, 43_200, 31_536_000].map(goDuration)).toEqual(["0h4m0s", "0h1m20s", "12h0m0s", "8760h0m0s"]);
});

test("certificates are renewed 30 days before their end, or earlier where they are valid for less than 90", () => {
  expect(certificateTimes({ validity: "365d" })).toEqual(DEFAULT_TIMES);
  expect(certificateTimes({ validity: "30d" })).toEqual({ validity: 30 * DAY, renewBefore: 10 * DAY });
  expect(certificateTimes({ validity: "4m" })).toEqual({ validity: 240, renewBefore: 80 });
  expect(certificateTimes({ validity: "365d", renewBefore: "60d" }).renewBefore).toBe(60 * DAY);
});

const times = fc
  .tuple(fc.integer({ min: 180, max: 365 * DAY }), fc.double({ min: 0.01, max: 0.5, noNaN: true }))
  .map(([validity, part]) => ({ validity, renewBefore: Math.max(60, Math.floor(validity * part)) }));
const time = fc.integer({ min: 1_700_000_000, max: 2_500_000_000 });

test("`up` at the end of the time in which a certificate has to be renewed isn't the first one to look at it", () => {
  fc.assert(
    fc.property(times, time, (each, end) => {
      const windowAt = (now: number) => certificateInputs(now, scripts, each)["WINDOW"];
      expect(windowAt(end - each.renewBefore)).not.toBe(windowAt(end - each.renewBefore / 2));
      expect(windowAt(end - each.renewBefore / 2)).not.toBe(windowAt(end));
    }),
  );
});

test("a second `up` soon afterwards changes nothing", () => {
  expect(certificateInputs(1_800_000_000, scripts)).toEqual(certificateInputs(1_800_003_600, scripts));
});

test("the kubeconfig is read again after an exchange of authorities, and doesn't change where they aren't managed", () => {
  const windows = [undefined, 1, 2].map((generation) => kubeconfigInputs(0, undefined, generation)["WINDOW"]);
  expect(windows).toEqual(["0", "0, authority 1", "0, authority 2"]);
});

test("at any time, the kubeconfig that `up` has, or reads again, is valid for at least half of its validity", () => {
  fc.assert(
    fc.property(times, time, fc.integer({ min: 0, max: 400 * DAY }), (each, read, later) => {
      const isReadAgain = kubeconfigInputs(read, each)["WINDOW"] !== kubeconfigInputs(read + later, each)["WINDOW"];
      expect(isReadAgain || each.validity - later >= each.validity / 2).toBe(true);
    }),
  );
});
