import { output, run } from "../../support/shell";

/**
 * Counts packets for the pods' and services' ranges that leave the container hosts' network, on the machine that runs the containers.
 * They are dropped here. None should get this far, since every host refuses them itself.
 */
export class Guard {
  private static readonly chain = "KUBEADM-KAFKA-E2E";

  constructor(private readonly ranges: readonly string[]) {}

  async install(): Promise<void> {
    await this.remove();
    await iptables("--new-chain", Guard.chain);
    for (const range of this.ranges) await iptables("--append", Guard.chain, "--destination", range, "--jump", "DROP");
    await iptables("--insert", "FORWARD", "--source", "172.30.0.0/24", "--jump", Guard.chain);
  }

  /** Packets counted so far. */
  async packets(): Promise<number> {
    const rules = await output("iptables", ["--list", Guard.chain, "--verbose", "--exact", "--numeric"]);
    const counts = rules
      .split("\n")
      .slice(2)
      .filter(Boolean)
      .map((line) => Number(line.trim().split(/\s+/)[0]));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async remove(): Promise<void> {
    await run("iptables", ["--delete", "FORWARD", "--source", "172.30.0.0/24", "--jump", Guard.chain]);
    await run("iptables", ["--flush", Guard.chain]);
    await run("iptables", ["--delete-chain", Guard.chain]);
  }
}

function iptables(...args: string[]): Promise<string> {
  return output("iptables", args);
}
