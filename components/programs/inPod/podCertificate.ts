import * as fs from "fs";

/** A client's key and certificate, and the authorities that servers have to be of, as PEM. */
export interface ClientCertificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/**
 * The certificate that the pod has for connections to Kafka. It is read each time, since it is renewed while a long Job runs.
 *
 * @param folder where the Secret is mounted, see `ProgramJobArgs.certificate`
 * @returns undefined in a pod without one, whose connections have no TLS
 */
export function podCertificate(folder = "/certificate"): ClientCertificate | undefined {
  if (!fs.existsSync(folder)) return undefined;
  const certificate = fs.readFileSync(`${folder}/certificate.pem`, "utf8");
  return { key: certificate, cert: certificate, ca: fs.readFileSync(`${folder}/authorities.pem`, "utf8") };
}
