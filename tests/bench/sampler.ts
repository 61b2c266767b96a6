import { spawn } from "node:child_process";
import * as fs from "node:fs";

/** Highest memory use, in MiB. */
export interface Peaks {
  /** Pulumi, its language host, the program and the plugins together. */
  pulumi: number;
  /** The container hosts together, without page cache that can be dropped. */
  hosts: number;
}

/** Samples memory until it is stopped. */
export class Sampler {
  private readonly peaks: Peaks = { pulumi: 0, hosts: 0 };
  private readonly timer = setInterval(() => this.samplePulumi(), 500);
  private readonly stats;
  private readonly latest = new Map<string, number>();

  constructor(containers: readonly string[]) {
    this.stats = spawn("docker", ["stats", "--format", "{{.Name}} {{.MemUsage}}", ...containers]);
    this.stats.stdout.on("data", (chunk: Buffer) => this.sampleHosts(chunk.toString()));
  }

  stop(): Peaks {
    clearInterval(this.timer);
    // SIGKILL, since the process may wait for a host that is gone and ignore other signals.
    this.stats.kill("SIGKILL");
    return { pulumi: Math.round(this.peaks.pulumi), hosts: Math.round(this.peaks.hosts) };
  }

  private samplePulumi(): void {
    const processes = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const total = processes.reduce((sum, pid) => sum + (isPulumi(pid) ? residentMiB(pid) : 0), 0);
    this.peaks.pulumi = Math.max(this.peaks.pulumi, total);
  }

  private sampleHosts(text: string): void {
    for (const [, name, amount, unit] of text.matchAll(/([\w-]+) ([\d.]+)([KMG])iB \//g)) {
      this.latest.set(name!, Number(amount) * { K: 1 / 1024, M: 1, G: 1024 }[unit as "K" | "M" | "G"]);
    }
    const total = [...this.latest.values()].reduce((sum, mebibytes) => sum + mebibytes, 0);
    this.peaks.hosts = Math.max(this.peaks.hosts, total);
  }
}

function isPulumi(pid: string): boolean {
  return /(^|\/)pulumi(\0|-)|@pulumi\/pulumi\/cmd\/run/.test(read(`/proc/${pid}/cmdline`));
}

function residentMiB(pid: string): number {
  return Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

/** A process may end between being listed and being read. */
function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
