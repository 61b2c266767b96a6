import { execFileSync } from "node:child_process";

/** A key and a self-signed certificate for a name, as one PEM text. */
export function certificate(name: string): string {
  const words = `req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout - -days 1 -subj /CN=${name}`;
  return execFileSync("openssl", [...words.split(" "), "-addext", `subjectAltName=DNS:${name}`], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}
