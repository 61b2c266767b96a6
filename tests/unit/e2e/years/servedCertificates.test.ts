import { byHost, type Served } from "../../../e2e/years/servedCertificates";

const served = (host: string, at: number, serial: string, end: number): Served => ({ host, at, serial, end });

test("each certificate of a host counts once, and hosts apart", () =>
  expect(
    byHost([
      served("one", 0, "a", 240),
      served("one", 5, "a", 240),
      served("one", 170, "b", 400),
      served("two", 0, "c", 240),
    ]),
  ).toEqual({ one: { count: 2, leastSecondsLeft: 230 }, two: { count: 1, leastSecondsLeft: 240 } }));

test("a certificate that was shown after its end is seen, whatever came later", () =>
  expect(byHost([served("one", 250, "a", 240), served("one", 300, "b", 500)])["one"]!.leastSecondsLeft).toBe(-10));

test("an API server that never answered is missing, and not well", () =>
  expect(byHost([served("one", 0, "a", 240)])).not.toHaveProperty("two"));
