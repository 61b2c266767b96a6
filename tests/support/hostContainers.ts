import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { containerNetwork, planContainer } from "../../components/hosts/containerPlan";
import { eventually } from "./eventually";
import { output, type Outcome, run } from "./shell";
import { root } from "./stack";

/** Container hosts as a test sees them from outside, without SSH. */

export async function inContainer(container: string, script: string): Promise<string> {
  return output("docker", ["exec", "--interactive", container, "bash", "-s"], { stdin: script });
}

/** A host's state, with one line per fact, to be compared with a later one. */
export async function snapshot(container: string): Promise<string[]> {
  const script = fs.readFileSync(path.join(__dirname, "snapshot.sh"), "utf8");
  return (await inContainer(container, script)).split("\n");
}

/** Makes in a host's folders the links and names by which pods may mislead a removal into the folder `outside`. */
export async function plantHostileTrees(container: string, folders: readonly string[], outside: string): Promise<void> {
  const script = fs.readFileSync(path.join(__dirname, "hostileTree.sh"), "utf8");
  for (const folder of folders) {
    const bash = ["exec", "--interactive", container, "bash", "-s", "--", folder, outside];
    await output("docker", bash, { stdin: script });
    await inContainer(
      container,
      `mkdir '${folder}/two words/bound' && mount --bind ${outside} '${folder}/two words/bound'`,
    );
  }
}

/** The differences between two snapshots: `- line` was removed, `+ line` is new. */
export function difference(
  before: readonly string[],
  after: readonly string[],
  exceptions: readonly RegExp[],
): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ].filter((line) => !exceptions.some((exception) => exception.test(line)));
}

/** Number of SSH logins to a host since its start. */
export async function logins(container: string): Promise<number> {
  return Number(await inContainer(container, "journalctl --unit ssh --no-pager | grep --count 'Accepted ' || true"));
}

/** Source addresses of the SSH logins to a host. */
export async function loginsFrom(container: string): Promise<string[]> {
  const addresses = "sed --quiet 's/.*Accepted .* from \\([^ ]*\\) port .*/\\1/p' | sort --unique";
  return (await inContainer(container, `journalctl --unit ssh --no-pager | ${addresses}`)).split("\n").filter(Boolean);
}

export interface ForeignHost {
  container: string;
  address: string;
  /** Memory limit in Docker's form. @default no limit @example "3g" */
  memory?: string;
  /** Docker image. @default the toolchain's */
  image?: string | undefined;
}

/**
 * Makes a container host that belongs to no stack, as an existing machine, and waits until it has booted. It replaces one that an
 * interrupted run has left. Returns its public host key.
 */
export async function createMachine(host: ForeignHost, name: string, publicKey: string): Promise<string> {
  await removeMachine(host.container);
  const { code, stdout, stderr } = await tryMachine(host, name, publicKey);
  if (code !== 0) throw new Error(stderr);
  await waitForBoot(host.container);
  return stdout.trim();
}

export async function waitForBoot(container: string): Promise<void> {
  await eventually(60, () => output("docker", ["exec", container, "systemctl", "is-system-running", "--wait"]));
}

/** Tries to make a container host. @returns the exit code and output */
export function tryMachine(
  { container, address, memory, image }: ForeignHost,
  name: string,
  publicKey: string,
): Promise<Outcome> {
  const script = path.join(root, "components/hosts/scripts/create-container.sh");
  const { sshPort, apiPort } = planContainer("", { name, role: "worker", address }, 0);
  const env = {
    CONTAINER: container,
    STACK: "e2e machines",
    HOST_NAME: name,
    IMAGE: image ?? process.env.KUBEADM_KAFKA_HOST_IMAGE ?? "",
    NETWORK: containerNetwork.name,
    ADDRESS: address,
    SSH_PORT: String(sshPort),
    API_PORT: String(apiPort),
    MEMORY: memory ?? "",
    GUARDED_RANGES: "10.244.0.0/16 10.96.0.0/12",
  };
  return run("bash", [script], { env, stdin: publicKey });
}

export async function removeMachine(container: string): Promise<void> {
  await output("docker", ["rm", "--force", "--volumes", container]);
}

/** Starts an SSH agent with one key, for all programs that this process starts until the agent is stopped. */
export async function startAgent(privateKey: string): Promise<{ stop: () => void }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "agent-"));
  const before = process.env["SSH_AUTH_SOCK"];
  process.env["SSH_AUTH_SOCK"] = path.join(folder, "socket");
  const agent = spawn("ssh-agent", ["-D", "-a", process.env["SSH_AUTH_SOCK"]], { stdio: "ignore" });
  await eventually(10, () => output("ssh-add", ["-q", "-"], { stdin: privateKey }));
  return {
    stop: () => {
      agent.kill();
      fs.rmSync(folder, { recursive: true });
      if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
      else process.env["SSH_AUTH_SOCK"] = before;
    },
  };
}

/** Makes an SSH key of the same kind as a stack's. */
export async function createKey(): Promise<{ privateKey: string; publicKey: string }> {
  const script = path.join(root, "components/hosts/scripts/create-ssh-key.sh");
  const both = await output("bash", [script], { env: { TYPE: "ed25519" } });
  const start = both.search(/^ssh-/m);
  return { privateKey: both.slice(0, start), publicKey: both.slice(start).trim() };
}
