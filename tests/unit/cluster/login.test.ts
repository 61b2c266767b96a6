import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readKeptResult, readResult } from "../../../components/cluster/hostReport";
import { actions, type HostAction } from "../../../components/cluster/actions";
import { composeScript, hostCommand } from "../../../components/cluster/hostScript";
import { parseAdminKubeconfig, parseInitResult } from "../../../components/cluster/kubeconfig";
import { parsePreflightFacts, readFacts, togetherMistakes } from "../../../components/cluster/steps/preflightReport";

// Where standard input is a socket, as sshd and spawn make it, bash -c reads this as if it were a terminal's.
const home = fs.mkdtempSync(path.join(os.tmpdir(), "login-"));
afterAll(() => fs.rmSync(home, { recursive: true }));
const startUp = path.join(home, ".bashrc");

const origin = { host: "worker", step: "preflight", again: "bin/pulumi up --replace '**-preflight'" };
const action = actions.preflight;

/** A preflight that finds nothing wrong, and runs this command first. */
function preflight(does = ""): string {
  return composeScript("worker", action, {})
    .replace(/^check_system\n[^]*?(?=^card=)/m, `${does}\n`)
    .replace(/^card=.*/m, "card=lo");
}

/** Runs a step as sshd does: the shell gets the command as one word, and the script through a socket. */
function logIn({
  shell = "bash",
  env = {} as Record<string, string>,
  script = preflight(),
  user = "root",
  does = action as HostAction,
  moment = "create" as "create" | "delete",
}) {
  // This stands in for sudo if the user isn't root or sudo is missing.
  const sudo = path.join(home, "sudo");
  fs.writeFileSync(sudo, '#!/bin/sh\nshift\nhttp_proxy=http://from-pam exec "$@"\n', { mode: 0o755 });
  const command = hostCommand("worker", does, moment, user).replaceAll("sudo -n", `${sudo} -n`);
  const run = spawnSync(shell, ["-c", command], { input: script, encoding: "utf8", env: { HOME: home, ...env } });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

describe("a script starts from an environment of its own", () => {
  const hostile = {
    http_proxy: "http://192.0.2.1:3128",
    https_proxy: "http://192.0.2.1:3128",
    NO_PROXY: "nothing",
    LC_ALL: "POSIX",
    GREP_OPTIONS: "--invert-match",
    TAR_OPTIONS: "--verbose",
    CDPATH: "/tmp",
    POSIXLY_CORRECT: "1",
    KUBECONFIG: "/nowhere",
    BASH_ENV: startUp,
    ENV: startUp,
    "BASH_FUNC_printf%%": "() { echo from a function; }",
    "BASH_FUNC_timeout%%": "() { echo from a function; }",
    "BASH_FUNC_env%%": "() { echo from a function; }",
  };
  beforeAll(() => fs.writeFileSync(hostile.BASH_ENV, "echo from a start-up file; export MADE=there; umask 077"));

  test("and writes files that apt and haproxy can read, whatever the login's umask", () => {
    const made = path.join(home, "made");
    const script = preflight(`mkdir -m 700 -p "$SCRATCH"; echo text | put ${made}/file`).replaceAll(
      "/run/",
      `${home}/`,
    );
    expect(logIn({ env: hostile, script })).toMatchObject({ status: 0, stderr: "" });
    const modes = [made, `${made}/file`].map((each) => (fs.statSync(each).mode & 0o777).toString(8));
    expect(modes).toEqual(["755", "644"]);
  });

  test.each(["root", "admin"])("whatever the login of %s sets", (user) => {
    const { status, stdout, stderr } = logIn({ env: hostile, script: preflight("env --null"), user });
    const all = readResult(stdout, (text) => text, origin).split("\0");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(
      all
        .slice(0, -1)
        .map((each) => each.replace(/=[^]*/, ""))
        .sort(),
    ).toEqual([
      "CONTAINER_RUNTIME_ENDPOINT",
      "DEBIAN_FRONTEND",
      "HOME",
      "KUBECACHEDIR",
      "LANG",
      "LC_ALL",
      "NEEDRESTART_SUSPEND",
      "PATH",
      "PWD",
      "SHLVL",
      "_",
    ]);
    expect(all).toEqual(expect.arrayContaining(["HOME=/root", "LC_ALL=C"]));
    expect(all.find((each) => each.startsWith("PATH="))).not.toMatch(/(:\.?(:|$))/);
  });
});

test("the command has no characters that shells treat differently outside its quotes, and no quote, backslash or ! inside", () => {
  for (const user of ["root", "admin"]) {
    const words = hostCommand("worker", action, "create", user)
      .replace(/ # preflight\.sh$/, "")
      .split("'");
    expect(words).toHaveLength(user === "root" ? 5 : 7);
    const within = words.filter((_, index) => index % 2 === 1).join("");
    const outside = words.filter((_, index) => index % 2 === 0).join("");
    expect(outside).toMatch(/^[\w /:.=-]+$/);
    expect(within).not.toMatch(/[\\!\n]/);
  }
});

describe("a login that reads the script itself", () => {
  /** A script that ends like a host's step, and only reports that it ran. */
  const undone = (rc: string, user = "root", edit = (script: string) => script) => {
    fs.writeFileSync(startUp, rc);
    const script = composeScript("worker", actions.undo, { PACKAGES: `remove${"\n# line\n".repeat(2000)}` });
    const only = script.replace(/^end_running_step\n[^]*?(?=;;\n)/m, "echo undone\n");
    return logIn({ user, script: edit(only), does: actions.undo, moment: "delete" });
  };

  test.each(["root", "admin"])("does no harm if it reads nothing, as %s", (user) => {
    expect(undone("", user)).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining("undone\n") });
  });

  test.each([
    ["all of it", "cat >/dev/null"],
    ["a line", "read -r answer"],
    ["a character", "read -rn1 answer"],
    ["some of it", "head --bytes 3000 >/dev/null"],
    ["all but its end", "head --bytes 20000 >/dev/null"],
    ["by a shell", "bash"],
    ["by another shell", "sh"],
    ["by a language", "python3"],
  ])("fails the step, naming host and step, and nothing of it runs: %s", (_, rc) => {
    for (const user of ["root", "admin"]) {
      const { status, stdout, stderr } = undone(rc, user);
      expect({ status, undone: stdout.includes("undone") }).toEqual({ status: 65, undone: false });
      expect(stderr).toMatch(/^worker: undo: the script has not reached \S+ whole: .* \[KK774\]$/m);
    }
  });

  test("and starts another shell is detected by that shell's output", () => {
    const { status, stderr } = undone("exec bash");
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "worker: undo: a start-up file of the login runs a shell, which has read the script [KK774]\n",
    });
  });

  test("an incomplete script, from a broken connection, fails and runs nothing", () => {
    for (const part of [0.01, 0.5, 0.9, 0.99]) {
      const { status, stdout } = undone("", "root", (script) =>
        script.replace("set -E", "echo undone\n$&").slice(0, script.length * part),
      );
      expect({ status, stdout }).toEqual({ status: 65, stdout: "" });
    }
  });

  test("and exits before it runs the command has status 0; the plugin checks for the script's last line", () => {
    expect(undone("exit 0")).toEqual({ status: 0, stdout: "", stderr: "" });
    const last = undone("").stdout.trimEnd().split("\n").at(-1)!;
    const plugin = path.resolve(__dirname, "../../../plugins/command/remote/ended.go");
    expect(fs.readFileSync(plugin, "utf8")).toContain(`\nconst endMark = "${last}"\n`);
  });

  test("doesn't read its start-up files twice", () => {
    expect(undone("echo greeting").stdout.match(/greeting/g)).toHaveLength(1);
  });
});

describe("a login that prints something", () => {
  beforeEach(() => fs.writeFileSync(startUp, ""));
  const facts = {
    machineId: expect.any(String) as string,
    mtu: 65536,
    clock: expect.any(Number) as number,
    asked: null,
    closed: [],
  };

  test.each([
    ["nothing", ""],
    ["a line", "echo Welcome"],
    ["text without an end of line", "printf 'Last login: today'"],
    ["colours, and a terminal's ends of lines", String.raw`printf '\033[1mHello\033[0m\r\n\r'`],
    ["JSON", `echo '{"machineId":"x","mtu":1,"clock":1,"asked":null}'`],
    ["something at its end", "trap 'echo Goodbye' EXIT"],
  ])("is read: %s", (_, says) => {
    fs.writeFileSync(startUp, says);
    const { status, stdout } = logIn({});
    expect(status).toBe(0);
    expect(readKeptResult(stdout, parsePreflightFacts, origin)).toEqual(facts);
    expect(readResult(stdout.replaceAll("\n", "\r\n"), parsePreflightFacts, origin)).toEqual(facts);
  });

  test("and never runs the script is reported with host, step, output and remedy", () => {
    fs.writeFileSync(startUp, `printf '%300s' | tr ' ' x; echo; echo "no 'commands' here"; exit 0`);
    const { status, stdout } = logIn({});
    expect(status).toBe(0);
    const read = () => readKeptResult(stdout, parsePreflightFacts, origin);
    expect(read).toThrow(
      /^worker: preflight: the script's result isn't there; its login printed "…x+\\nno 'commands' here\\n"/,
    );
    expect(read).toThrow(/Then let the step run again: bin\/pulumi up --replace '\*\*-preflight' \[KK782\]$/);
    expect(() => readKeptResult(stdout, parsePreflightFacts, { ...origin, secret: true })).toThrow(
      "its login printed 320 characters, which may be secret. A login",
    );
  });

  test("and prints something else in its place is reported with the parser's error as the cause, unless that is secret", () => {
    const { stdout } = logIn({});
    const parse = (text: string): never => {
      throw new Error(`no result: ${text.length} characters`);
    };
    const causeOf = (secret: boolean): unknown => {
      try {
        return readResult(stdout, parse, { ...origin, secret });
      } catch (error) {
        expect((error as Error).message).toMatch(/the script's result isn't what it should be.*\[KK782\]$/s);
        return (error as Error).cause;
      }
    };
    expect(causeOf(false)).toMatchObject({ message: expect.stringMatching(/^no result/) as string });
    expect(causeOf(true)).toBeUndefined();
  });

  test("isn't blamed for a mistake in the program", () => {
    const { stdout } = logIn({});
    const mistaken = (): never => {
      throw new TypeError("facts is undefined");
    };
    expect(() => readResult(stdout, mistaken, origin)).toThrow(TypeError);
    expect(() => readKeptResult("one line\n", mistaken, origin)).toThrow(TypeError);
  });

  test("and never runs it, on some of many hosts, is reported for all of them together", () => {
    const { stdout } = logIn({});
    const printed = { chatty: `Welcome${stdout}`, mute: "Bye\n", quiet: stdout, silent: "" };
    const all = Object.entries(printed).map(([name, each]) => [name, readFacts(name, each, 1700000000)] as const);
    expect(togetherMistakes(new Map(all))).toEqual([
      expect.stringMatching(/^mute: preflight: the script's result isn't there; .* "Bye\\n"\. .*\[KK782\]$/),
      expect.stringMatching(/^silent: preflight: the script's result isn't there; .* ""\. .*\[KK782\]$/),
    ]);
  });

  test("and breaks off is reported", () => {
    const { stdout } = logIn({});
    const cut = stdout.slice(0, stdout.lastIndexOf("-----"));
    expect(() => readKeptResult(cut, parsePreflightFacts, origin)).toThrow(
      "worker: preflight: the script's result breaks off",
    );
  });

  test("and a script that fails has no result", () => {
    const { status, stdout } = logIn({ script: preflight("false") });
    expect(status).toBe(1);
    expect(() => readResult(stdout, (text) => text, origin)).toThrow("the script's result breaks off");
  });
});

describe("a state from before there were marks is read as it is", () => {
  const facts = { machineId: "0123", mtu: 1500, clock: 1700000000, asked: null };
  const joiner = Buffer.from("{clusters: [{cluster: {certificate-authority-data: YQ==}}]}").toString("base64");
  const init = { joiner, certificateKey: "00ff" };
  const kubeconfig = Buffer.from("{clusters: [{name: a}], users: [{name: b}]}").toString("base64");

  test.each(["", "Welcome\n", "42\nnull\n{}\n\n", "[1]\r\n"])("with %j around it", (noise) => {
    for (const end of ["", "\n", `\n${noise}`]) {
      const kept = (text: string) => `${noise}${text}${end}`;
      expect(readKeptResult(kept(JSON.stringify(facts)), parsePreflightFacts, origin)).toEqual(facts);
      expect(readKeptResult(kept(JSON.stringify(init)), parseInitResult, origin)).toEqual({
        authority: "YQ==",
        certificateKey: "00ff",
      });
      expect(readKeptResult(kept(kubeconfig), parseAdminKubeconfig, origin)).toBe(kubeconfig);
    }
  });

  test("but make drift, which runs now, requires marks", () => {
    expect(() => readResult("prepare sysctl a is 0, was 1\n", (text) => text, origin)).toThrow("isn't there");
  });
});
