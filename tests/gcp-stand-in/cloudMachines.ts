/** Runs the instances and load balancers that the cloud records: as containers, or in unit tests not at all. */
export interface CloudMachines {
  /** Addresses that the cloud may give out as external ones. */
  readonly externalAddresses: readonly string[];
  /** Source addresses of front ends' connections to backends. */
  readonly probeAddresses: readonly string[];
  start(machine: Machine): Promise<void>;
  /** Stops a machine, changes its size and external address, and starts it again. */
  restart(machine: Machine): Promise<void>;
  remove(name: string): Promise<void>;
  /**
   * Sets which packets a machine accepts.
   *
   * @param rules matches for iptables
   * @param forwarded addresses of load balancers whose packets the machine accepts as its own
   */
  admit(name: string, rules: readonly string[], forwarded: readonly string[]): Promise<void>;
  /** Creates a load balancer's front end, or updates its backends. */
  serve(frontEnd: FrontEnd): Promise<void>;
  stopServing(name: string): Promise<void>;
}

/** An instance as a machine. */
export interface Machine {
  name: string;
  size: MachineSize;
  address: string;
  /** The machine's network card has this address, too. Google translates it on the way instead. */
  externalAddress?: string | undefined;
  metadata: Readonly<Record<string, string>>;
}

export interface MachineSize {
  cpus: number;
  memoryGb: number;
}

/** A load balancer, which forwards connections to backends that pass its health check. */
export interface FrontEnd {
  name: string;
  /** Address that clients connect to. */
  address: string;
  /** Source address of its connections to backends. They accept packets for `address` as their own, so it can't be that one. */
  source: string;
  port: number;
  backends: readonly Backend[];
  check: HealthCheck;
}

export interface Backend {
  name: string;
  address: string;
  /** Whether the firewall lets all of Google's probes reach the backend. If not, it is never probed. */
  probed: boolean;
  /** Ranges of the clients that the firewall allows to connect. */
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
