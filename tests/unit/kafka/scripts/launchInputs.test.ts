import { readFileSync } from "node:fs";
import * as path from "node:path";
import { mentions } from "../../../support/scriptVariables";

const kafka = path.resolve(__dirname, "../../../../components/kafka");
/** The launcher, and its lines for stacks with TLS. */
const scripts = ["launch", "listeners"].map((name) => readFileSync(`${kafka}/scripts/${name}.sh`, "utf8"));
const declaration = readFileSync(`${kafka}/declared/statefulSet.ts`, "utf8");

/** Time limits with defaults in the script, which only tests set. */
const ONLY_IN_TESTS = ["ADDRESS_WAIT_SECONDS", "SAY_EVERY_SECONDS"];
/** Variables of the pod that Kafka's own scripts read. */
const FOR_KAFKA = ["KAFKA_HEAP_OPTS", "LOG_DIR"];

test("the launcher's headers name exactly the variables that its pods have", () => {
  const named = scripts.flatMap((script) => {
    const [, section] = /^# Environment\n((?:# .*\n)*?)# Files/m.exec(script)!;
    const lines = [...section!.matchAll(/^# {3}([A-Z][A-Z_, ]*[A-Z]) {2,}/gm)];
    return lines.flatMap(([, names]) => names!.split(", "));
  });
  const given = [...declaration.matchAll(/\bname: "([A-Z][A-Z_]+)"/g)].map(([, name]) => name!);
  const read = given.filter((name) => !FOR_KAFKA.includes(name));
  expect(named.sort()).toEqual([...read, ...ONLY_IN_TESTS].sort());
  expect(named.filter((name) => !scripts.some((script) => mentions(script, name)))).toEqual([]);
});
