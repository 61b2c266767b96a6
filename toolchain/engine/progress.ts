/** Says on standard output how far a run is: a line for each recipe that ends, and every 30 s what is running. */
export class Progress {
  private readonly started = new Map<string, number>();
  private done = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly total: number,
    private readonly print: (line: string) => void = console.log,
  ) {}

  start(name: string): void {
    this.started.set(name, Date.now());
    this.timer ??= setInterval(() => this.print(this.running()), 30_000);
  }

  note(name: string, text: string): void {
    this.print(`      ${name}: ${text}`);
  }

  end(name: string, how: string): void {
    const seconds = this.seconds(name);
    this.started.delete(name);
    this.done += 1;
    this.print(`[${this.done}/${this.total}] ${name}  ${how} in ${duration(seconds)}`);
    if (this.started.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private running(): string {
    const names = [...this.started.keys()].map((name) => `${name} ${duration(this.seconds(name))}`);
    return `      building: ${names.join(", ")}`;
  }

  private seconds(name: string): number {
    return (Date.now() - (this.started.get(name) ?? Date.now())) / 1000;
  }
}

/** `52s`, `4m52s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
}
