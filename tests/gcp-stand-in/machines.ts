/** What instances and load balancers are behind the cloud's records: containers, or in unit tests nothing at all. */
export interface Machines {
  /** Addresses that the cloud may give out as external ones. */
  readonly externalAddresses: readonly string[];
  /** Addresses that front ends connect to backends from. */
  readonly probeAddresses: readonly string[];
  start(machine: Machine): Promise<void>;
  /** Stops it, gives it another size and external address, and starts it again. */
  restart(machine: Machine): Promise<void>;
  remove(name: string): Promise<void>;
  /** What a machine's network card lets in, and the load balancers' addresses that it takes packets for. */
  admit(name: string, rules: readonly string[], forwarded: readonly string[]): Promise<void>;
  /** Makes a load balancer's front end, or tells it of other backends. */
  serve(frontEnd: FrontEnd): Promise<void>;
  stopServing(name: string): Promise<void>;
}

/** An instance as a machine. */
export interface Machine {
  name: string;
  size: MachineSize;
  address: string;
  /** The machine has it on its network card, where Google translates it. */
  externalAddress?: string | undefined;
  metadata: Readonly<Record<string, string>>;
}

export interface MachineSize {
  cpus: number;
  memoryGb: number;
}

/** A load balancer: it sends connections to backends that answer its health check. */
export interface FrontEnd {
  name: string;
  /** Where clients reach it. */
  address: string;
  /** Where it connects to backends from: they take its own address for theirs. */
  source: string;
  port: number;
  backends: readonly Backend[];
  check: HealthCheck;
}

export interface Backend {
  name: string;
  address: string;
  /** Whether the firewall lets all of Google's probes through to it; else no probe is sent. */
  probed: boolean;
  /** Who may connect, by the firewall. */
  sources: readonly string[];
}

export interface HealthCheck {
  port: number;
  path: string;
  intervalSeconds: number;
  timeoutSeconds: number;
  healthyAfter: number;
  unhealthyAfter: number;
}
