import type { AddressInfo } from "node:net";
import * as tls from "node:tls";
import { fileOf, issue, newAuthority, type Credential } from "../../../../components/kafka/issuing/x509";
import { askWith, type TlsCertificate } from "../../../../components/kafka/protocol/ask";

/** Answers each request with itself, to clients that have a certificate of the authority. */
class Server {
  readonly clients: string[] = [];
  private readonly server: tls.Server;

  constructor({ file, authority }: { file: string; authority: Credential }) {
    const options = { key: file, cert: file, ca: authority.certificate, requestCert: true, rejectUnauthorized: true };
    this.server = tls.createServer(options, (socket) => {
      this.clients.push(socket.getPeerCertificate().subject.CN as string);
      socket.on("error", () => undefined);
      socket.pipe(socket);
    });
  }

  async port(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
  }
}

const now = new Date();
let authority: Credential;
beforeAll(async () => {
  authority = await newAuthority("kafka authority", now);
});
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function serverFor(...hosts: string[]) {
  const server = new Server({ file: fileOf(await issue(authority, { name: "kafka-node", hosts }, now)), authority });
  servers.push(server);
  return { server, port: await server.port() };
}

async function certificateBy(signer: Credential): Promise<TlsCertificate> {
  const file = fileOf(await issue(signer, { name: "kafka-roll", hosts: [] }, now));
  return { key: file, cert: file, ca: authority.certificate };
}

test("a request goes through TLS, with the Job's certificate", async () => {
  const { server, port } = await serverFor("127.0.0.1");
  const own = await certificateBy(authority);
  const answer = await askWith(() => own)("127.0.0.1", port, Buffer.from("a question"));
  expect([answer.toString(), server.clients]).toEqual(["a question", ["kafka-roll"]]);
});

test("a server is asked by its name, without the dot at the name's end", async () => {
  const { port } = await serverFor("localhost.localdomain", "localhost");
  const own = await certificateBy(authority);
  await expect(askWith(() => own)("localhost", port, Buffer.from("a question"))).resolves.toBeDefined();
});

test("a server with a certificate for another name is refused", async () => {
  const { server, port } = await serverFor("kafka-1.kafka.svc.cluster.local");
  const own = await certificateBy(authority);
  await expect(askWith(() => own)("127.0.0.1", port, Buffer.from("a question"))).rejects.toThrow(
    /IP: 127\.0\.0\.1 is not in the cert/,
  );
  expect(server.clients).not.toContain("a question");
});

test("a server of another authority is refused, and refuses clients of another one", async () => {
  const { port } = await serverFor("127.0.0.1");
  const other = await newAuthority("kafka authority", now);
  const ask = (own: TlsCertificate) => askWith(() => own)("127.0.0.1", port, Buffer.from("a question"));
  await expect(certificateBy(authority).then((own) => ask({ ...own, ca: other.certificate }))).rejects.toThrow();
  await expect(certificateBy(other).then(ask)).rejects.toThrow();
});
