import * as fs from "node:fs";
import * as path from "node:path";

import { output } from "../../support/shell";
import { root, workFolder } from "../../support/stack";

/** kubectl on a stack's cluster, by the kubeconfig that it puts out. */
export class Kubectl {
  /** The file that it is in. */
  readonly kubeconfig: string;

  constructor(stack: string, kubeconfig: string) {
    this.kubeconfig = path.join(workFolder, `${stack}.kubeconfig`);
    fs.writeFileSync(this.kubeconfig, kubeconfig, { mode: 0o600 });
  }

  run(...args: string[]): Promise<string> {
    return output(path.join(root, "build/toolchain/bin/kubectl"), ["--kubeconfig", this.kubeconfig, ...args]);
  }
}
