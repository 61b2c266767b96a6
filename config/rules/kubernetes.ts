import { versions } from "../../components/artifacts/versions";
import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** A Kubernetes version that isn't supported. Any patch of one minor version is. */
export function* kubernetesMistakes({ kubernetes: { version } }: StackConfig): Mistakes {
  const minor = versions.kubernetes.split(".").slice(0, 2).join(".");
  if (new RegExp(`^${minor.replace(".", "\\.")}\\.(0|[1-9]\\d*)$`).test(version)) return;
  const message = `${version} isn't supported; set ${versions.kubernetes} or another patch of ${minor}`;
  yield mistake(codes.unsupportedVersion, "kubernetes.version", message);
}
