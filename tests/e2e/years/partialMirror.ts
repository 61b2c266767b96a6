import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A mirror whose package list has one version of Kubernetes, and nothing else, as hosts in containers reach it. */
export class PartialMirror {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(version: string): Promise<PartialMirror> {
    const server = createServer(({ url }, response) => {
      if (url !== "/apt/Packages") return void response.writeHead(404).end();
      response.end(`Package: kubelet\nVersion: ${version}-1.1\nArchitecture: amd64\n\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    // The gateway of the containers' network is the machine that runs them.
    return new PartialMirror(server, `http://172.30.0.1:${(server.address() as AddressInfo).port}`);
  }

  stop(): void {
    this.server.close();
  }
}
