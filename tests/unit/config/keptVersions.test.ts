import { versions } from "../../../components/artifacts/versions";
import { ConfigError } from "../../../config/configError";
import { keptMistakes, type KeptVersions, offers, type Unread, withKept } from "../../../config/keptVersions";
import { parseConfig } from "../../../config/parseConfig";

const kept = { kubernetes: "1.35.4", kafka: versions.kafkaBefore };
const unread = { unread: "no such stack" };

describe("versions that the config doesn't name", () => {
  test("are those that the stack runs, and nothing else changes", () => {
    expect(withKept({ hosts: {}, kafka: { brokers: 3 } }, kept)).toEqual({
      hosts: {},
      kubernetes: { version: "1.35.4" },
      kafka: { brokers: 3, version: versions.kafkaBefore },
    });
  });

  test("are left to the defaults in a stack that runs none yet, each for itself", () => {
    expect(withKept({ kafka: { brokers: 3 } }, {})).toEqual({ kafka: { brokers: 3 } });
    expect(withKept({}, { kubernetes: "1.35.4" })).toEqual({ kubernetes: { version: "1.35.4" } });
  });
});

test("versions that the config names win", () => {
  const named = { kubernetes: { version: "1.36.3" }, kafka: { version: versions.kafka } };
  expect(withKept(named, kept)).toEqual(named);
  expect(keptMistakes(named, { kubernetes: "1.30.1", kafka: "4.0.0" })).toEqual([]);
  expect(keptMistakes(named, unread)).toEqual([]);
});

describe.each(["kubernetes", "kafka"])("a config in which %s is no set of keys", (section) => {
  test.each([[null], ["text"], [["a", "list"]], [3]])("is refused for that, whatever the stack runs: %j", (wrong) => {
    const values = { hosts: { containers: [{ name: "master", role: "control-plane" }] }, [section]: wrong };
    const refusal = () => parseConfig("dev", withKept(values, kept));
    expect(refusal).toThrow(ConfigError);
    expect(refusal).toThrow(/^ {2}(kubernetes|kafka) .* \[KK103\]$/m);
    expect(keptMistakes({ ...values, ...others(section) }, unread)).toEqual([]);
  });

  test("or has a version that is null is refused as well", () => {
    const values = { hosts: { containers: [{ name: "master", role: "control-plane" }] }, [section]: { version: null } };
    expect(() => parseConfig("dev", withKept(values, kept))).toThrow(`${section}.version`);
  });
});

/** The other section, which names its version. */
const others = (section: string) => ({ [section === "kafka" ? "kubernetes" : "kafka"]: { version: "named" } });

describe("a version that the stack keeps, and this checkout can't run,", () => {
  const said = (versionsKept: KeptVersions | Unread) =>
    keptMistakes({}, versionsKept).map(({ code, key, message }) => `${code} ${key}: ${message}`);

  test("is refused with the checkout that can, and with a version that can follow it", () => {
    expect(said({ kubernetes: "1.33.8" })).toEqual([
      "KK930 kubernetes.version: isn't set, so the stack keeps Kubernetes 1.33.8, which this checkout can't run; " +
        "use the checkout that made or last upgraded it, or upgrade it: set 1.34.4",
    ]);
    expect(said({ kafka: "4.1.0" })).toEqual([
      "KK930 kafka.version: isn't set, so the stack keeps Kafka 4.1.0, which this checkout can't run; " +
        `use the checkout that made or last upgraded it, or upgrade it: set ${versions.kafka}`,
    ]);
  });

  test("is refused with the checkout alone, if nothing here can follow it", () => {
    expect(said({ kubernetes: "1.30.1" })).toEqual([
      expect.stringMatching(/use the checkout that made or last upgraded it$/),
    ]);
    expect(said({ kubernetes: "1.99.0" })).toEqual([
      expect.stringMatching(/use the checkout that made or last upgraded it$/),
    ]);
    expect(said({ kafka: "ours" })).toEqual([expect.stringMatching(/use the checkout that made or last upgraded it$/)]);
  });

  test("isn't taken for a mistake of the config's own", () => {
    const values = { hosts: { containers: [{ name: "master", role: "control-plane" }] } };
    const old = { kubernetes: "1.30.1", kafka: "4.0.0" };
    expect(() => parseConfig("dev", withKept(values, old))).not.toThrow();
  });

  test("if it is unknown, is refused with the reason, before a default is taken for it", () => {
    expect(said(unread)).toEqual([
      "KK931 kubernetes.version: isn't set, and which Kubernetes the stack runs can't be read from its state (no such stack); " +
        "set the version that it runs",
      expect.stringMatching(/^KK931 kafka.version: isn't set, and which Kafka /),
    ]);
  });
});

describe("a preview", () => {
  const offered = (kubernetes: string, kafka: string, runs: KeptVersions | Unread = { kubernetes, kafka }) =>
    offers("dev", { kubernetes: { version: kubernetes }, kafka: { version: kafka } }, runs);

  test("offers the next minor version of Kubernetes, not one that would skip it", () => {
    expect(offered("1.34.4", versions.kafka)).toEqual([
      "This checkout has Kubernetes 1.35.4. The stack stays at 1.34.4 until you set it: " +
        "bin/pulumi config set --stack dev --path kubernetes.version 1.35.4",
    ]);
  });

  test("offers the next minor version to a stack that lacks a patch of its own, since it can follow at once as well", () => {
    expect(offered("1.34.3", versions.kafka)).toEqual([
      expect.stringContaining("has Kubernetes 1.35.4. The stack stays at 1.34.3"),
    ]);
  });

  test("offers a newer Kafka", () => {
    expect(offered("1.37.2", versions.kafkaBefore)).toEqual([
      `This checkout has Kafka ${versions.kafka}. The stack stays at ${versions.kafkaBefore} until you set it: ` +
        `bin/pulumi config set --stack dev --path kafka.version ${versions.kafka}`,
    ]);
  });

  test("offers no downgrade", () => {
    expect(offered("1.37.2", "4.9.0")).toEqual([]);
    expect(offered("1.99.0", versions.kafka)).toEqual([]);
  });

  test("offers nothing to a new stack, one that has an upgrade before it, or one whose state can't be read", () => {
    expect(offered("1.34.4", versions.kafkaBefore, {})).toEqual([]);
    expect(offered("1.35.4", versions.kafka, { kubernetes: "1.34.4", kafka: versions.kafkaBefore })).toEqual([]);
    expect(offered("1.34.4", versions.kafkaBefore, unread)).toEqual([]);
  });
});
