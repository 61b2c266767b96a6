import { isLoopback } from "../../components/hosts/place";
import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** Mistakes of the mirror: one that the hosts can't reach, that is missing, that isn't used, or that nobody has signed. */
export function* artifactMistakes({ artifacts: { mirror, mirrorKey, source } }: StackConfig): Mistakes {
  const key = "artifacts.mirror";
  if (mirror && isLoopback(new URL(mirror).hostname)) {
    const remedy = "set an address at which the hosts reach the mirror";
    yield mistake(codes.mirrorOnLoopback, key, `${new URL(mirror).host} is each host itself; ${remedy}`);
  } else if (source === "mirror" && !mirror) {
    const message = "is needed where artifacts.source is `mirror`; set the mirror's base URL";
    yield mistake(codes.noMirror, key, message);
  } else if (source === "upstream" && mirror) {
    yield mistake(codes.unusedMirror, key, "is set, but artifacts.source is `upstream`; remove one of them");
  } else if (mirror && !mirrorKey) {
    const message =
      "is needed with artifacts.mirror; set the fingerprint of the key that signs its packages (docs/air-gap.md)";
    yield mistake(codes.noMirrorKey, "artifacts.mirrorKey", message);
  }
  if (mirrorKey && !mirror) {
    const message = "is set, but artifacts.mirror is not; set the URL of the mirror, or remove the key";
    yield mistake(codes.unusedMirrorKey, "artifacts.mirrorKey", message);
  }
}
