import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import * as yaml from "js-yaml";

const ours = path.resolve(__dirname, "../../../toolchain/images/kafka/opt/kafka");

interface Logging {
  Configuration: {
    Appenders: { Console: { name: string; target?: string } };
    Loggers: { Root: { level: string; AppenderRef: { ref: string }[] } };
  };
}

let image: string;

beforeAll(() => {
  image = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "kafka-image-")));
  fs.cpSync(ours, path.join(image, "kafka"), { recursive: true });
  fs.mkdirSync(path.join(image, "java/bin"), { recursive: true });
  fs.writeFileSync(path.join(image, "java/bin/java"), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
});
afterAll(() => fs.rmSync(image, { recursive: true }));

/** Where the file of log settings is that Java gets from one of the image's scripts, and what is in it. */
function logging(script: string, variables: Record<string, string> = {}): { file: string; settings: Logging } {
  const env = { PATH: process.env["PATH"], JAVA_HOME: path.join(image, "java"), ...variables };
  const options = execFileSync(path.join(image, "kafka/bin", script), ["X"], { env, encoding: "utf8" }).split("\n");
  const files = options.filter((option) => option.startsWith("-Dlog4j2.configurationFile="));
  expect(files).toHaveLength(1);
  const file = files[0]!.split("=")[1]!;
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "{}";
  return { file: path.relative(image, file), settings: yaml.load(text) as Logging };
}

test("a tool prints only warnings, to standard error, as in Apache's image", () => {
  const { file, settings } = logging("kafka-run-class.sh");
  const { Appenders, Loggers } = settings.Configuration;
  expect(file).toBe("kafka/config/tools-log4j2.yaml");
  expect(Appenders.Console).toMatchObject({ target: "SYSTEM_ERR" });
  expect(Loggers).toEqual({ Root: { level: "WARN", AppenderRef: [{ ref: Appenders.Console.name }] } });
});

test("a node's log goes to standard output, from INFO on", () => {
  const { file, settings } = logging("kafka-server-start.sh");
  const { Appenders, Loggers } = settings.Configuration;
  expect(file).toBe("kafka/config/log4j2.yaml");
  expect(Appenders.Console.target ?? "SYSTEM_OUT").toBe("SYSTEM_OUT");
  expect(Loggers).toEqual({ Root: { level: "INFO", AppenderRef: [{ ref: Appenders.Console.name }] } });
});

test.each(["kafka-run-class.sh", "kafka-server-start.sh"])(
  "%s uses other log settings if KAFKA_LOG4J_OPTS is set",
  (script) => {
    const variables = { KAFKA_LOG4J_OPTS: `-Dlog4j2.configurationFile=${image}/other` };
    expect(logging(script, variables).file).toBe("other");
  },
);
