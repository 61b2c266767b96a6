import { keptNetworkMistakes, networkOffer, withKeptNetwork, isNetworkUnnamed } from "../../../config/keptNetwork";
import { parseConfig } from "../../../config/parseConfig";

const hosts = { containers: [{ name: "master", role: "control-plane" }] };
const unread = { unread: "no such stack" };
const named = (mode: string) => ({ kafka: { security: { network: { mode } } } });
const modeOf = (values: Record<string, unknown>) =>
  parseConfig("dev", { hosts, ...values }).kafka.security.network.mode;

test.each([
  ["a new stack is closed without anybody asking", {}, {}, "closed"],
  ["an open stack stays open until its config says otherwise", {}, { network: "open" }, "open"],
  ["a closed stack stays closed", {}, { network: "closed" }, "closed"],
  ["the config closes an open stack", named("closed"), { network: "open" }, "closed"],
  ["the config opens a closed stack", named("open"), { network: "closed" }, "open"],
] as const)("%s", (_what, values, kept, mode) => {
  expect(modeOf(withKeptNetwork(values, kept))).toBe(mode);
});

test("what the config has beside the mode stays as it is", () => {
  const values = { hosts, kafka: { brokers: 3, security: { network: { clientNamespaces: ["apps"] } } } };
  expect(withKeptNetwork(values, { network: "closed" })).toEqual({
    hosts,
    kafka: { brokers: 3, security: { network: { clientNamespaces: ["apps"], mode: "closed" } } },
  });
});

test.each([
  ["kafka", { kafka: ["a list"] }],
  ["kafka.security", { kafka: { security: "text" } }],
  ["kafka.security.network", { kafka: { security: { network: null } } }],
])("a value of a wrong type at %s is refused for that, whatever the stack is", (key, values) => {
  expect(() => modeOf(withKeptNetwork(values, { network: "open" }))).toThrow(
    new RegExp(`^ {2}${key} .* \\[KK103\\]$`, "m"),
  );
  expect(keptNetworkMistakes(values, unread)).toEqual([]);
});

test("a stack whose state can't be read is neither opened nor closed by a default", () => {
  expect(keptNetworkMistakes({}, unread).map(({ code, key, message }) => `${code} ${key}: ${message}`)).toEqual([
    "KK565 kafka.security.network.mode: isn't set, and whether the stack is open can't be read from its state (no such stack); " +
      "set open or closed, as it is",
  ]);
  expect(keptNetworkMistakes(named("open"), unread)).toEqual([]);
  expect(keptNetworkMistakes({}, {})).toEqual([]);
});

test("a preview says how to close a stack that is open, and nothing to one that is closed, new, or open by its config", () => {
  const said = (values: object, kept: Parameters<typeof networkOffer>[2]) =>
    networkOffer("dev", isNetworkUnnamed(values as Record<string, unknown>), kept);
  expect(said({}, { network: "open" })).toEqual([
    expect.stringContaining("bin/pulumi config set --stack dev --path kafka.security.network.mode closed"),
  ]);
  const silent = [
    said({}, { network: "closed" }),
    said({}, {}),
    said({}, unread),
    said(named("open"), { network: "open" }),
  ];
  expect(silent.flat()).toEqual([]);
});
