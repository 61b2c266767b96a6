import { readFileSync } from "node:fs";
import * as path from "node:path";
import { mentions } from "../../../support/scriptVariables";

const kafka = path.resolve(__dirname, "../../../../components/kafka");
const script = readFileSync(`${kafka}/scripts/launch.sh`, "utf8");
const declaration = readFileSync(`${kafka}/declared/statefulSet.ts`, "utf8");

/** Time limits with defaults in the script, which only tests set. */
const ONLY_IN_TESTS = ["ADDRESS_WAIT_SECONDS", "SAY_EVERY_SECONDS"];
/** Variables of the pod that Kafka's own scripts read. */
const FOR_KAFKA = ["KAFKA_HEAP_OPTS", "LOG_DIR"];

test("launch.sh's header names exactly the variables that its pods have", () => {
  const [, section] = /^# Environment\n((?:# .*\n)*?)# Files/m.exec(script)!;
  const lines = [...section!.matchAll(/^# {3}([A-Z][A-Z_, ]*[A-Z]) {2,}/gm)];
  const named = lines.flatMap(([, names]) => names!.split(", "));
  const given = [...declaration.matchAll(/\bname: "([A-Z][A-Z_]+)"/g)].map(([, name]) => name!);
  const read = given.filter((name) => !FOR_KAFKA.includes(name));
  expect(named.sort()).toEqual([...read, ...ONLY_IN_TESTS].sort());
  expect(named.filter((name) => !mentions(script, name))).toEqual([]);
});
