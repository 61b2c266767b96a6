import { apiServerAt, normalPlace } from "../../components/hosts/place";
import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";
import { isEd25519Key, readPrivateKey } from "../sshKeys";

/** Settings that keep Pulumi from logging in to hosts, or let it log in to a wrong machine. */
export function* loginMistakes(config: StackConfig): Mistakes {
  yield* checkLogin(config);
  yield* checkPrivateKey(config);
  yield* checkHostKeys(config);
  yield* checkLearnedKeys(config);
  yield* checkMachines(config);
  yield* checkApiServers(config);
}

function* checkLogin({ hosts: { existing, ssh }, sshPrivateKey }: StackConfig): Mistakes {
  if (!existing) return;
  if (ssh.agent && sshPrivateKey) {
    const message = "lets the SSH agent in for sshPrivateKey, which is set, too; remove one of them";
    yield mistake(codes.twoLogins, "hosts.ssh.agent", message);
  } else if (!ssh.agent && !sshPrivateKey) {
    const message =
      "is needed to reach existing hosts; `bin/pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519`, or set hosts.ssh.agent to use yours";
    yield mistake(codes.noPrivateKey, "sshPrivateKey", message);
  }
}

/** A private key that nobody can unlock while `up` runs, or text that is no private key. The message never repeats it. */
function* checkPrivateKey({ hosts, sshPrivateKey }: StackConfig): Mistakes {
  if (!sshPrivateKey || (!hosts.existing && !hosts.gcp)) return;
  const key = "sshPrivateKey";
  const read = readPrivateKey(sshPrivateKey);
  switch (read.kind) {
    case "usable":
      return;
    case "of an unfit type": {
      const message = `is a key of the type ${JSON.stringify(read.type)}, by which Pulumi can't log in; set an ed25519, RSA or ECDSA key, such as \`ssh-keygen -t ed25519\` makes`;
      yield mistake(codes.keyType, key, message);
      return;
    }
    case "locked by a passphrase": {
      const message =
        "is locked by a passphrase, which nobody can enter while `up` runs; set a key without one (`ssh-keygen -p` takes it off a copy), or set hosts.ssh.agent and let your agent unlock it";
      yield mistake(codes.lockedKey, key, message);
      return;
    }
    case "no private key": {
      const message =
        "is no private key in OpenSSH's format or PEM; set the whole file, lines included: `bin/pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519`";
      yield mistake(codes.noKey, key, message);
    }
  }
}

/** Public keys that are incomplete, or still a placeholder. */
function* checkHostKeys({ hosts: { existing = [], gcp, ssh } }: StackConfig): Mistakes {
  const publicKeys: [string, string | undefined][] = [
    ["hosts.ssh.bastion.hostKey", ssh.bastion?.hostKey],
    ...existing.map(({ ssh }, index): [string, string] => [`hosts.existing[${index}].ssh.hostKey`, ssh.hostKey]),
    ["hosts.gcp.ssh.publicKey", gcp?.ssh.publicKey],
  ];
  for (const [key, value] of publicKeys) {
    if (value === undefined || value === "learn" || isEd25519Key(value)) continue;
    const message = `${JSON.stringify(value.slice(0, 40))} is no ed25519 key: what follows \`ssh-ed25519\` must be its 68 characters, whole`;
    yield mistake(codes.noPublicKey, key, message);
  }
}

/** The machine that runs Pulumi learns host keys, and it doesn't reach hosts behind a bastion. */
function* checkLearnedKeys({ hosts }: StackConfig): Mistakes {
  const { bastion } = hosts.ssh;
  if (!bastion) return;
  for (const [index, { address, ssh }] of (hosts.existing ?? []).entries()) {
    if (ssh.hostKey !== "learn") continue;
    const message = `can't be learned through hosts.ssh.bastion; set what \`ssh-keyscan -t ed25519 ${ssh.host ?? address}\` prints on ${bastion.host}`;
    yield mistake(codes.learnThroughBastion, `hosts.existing[${index}].ssh.hostKey`, message);
  }
}

/** Two hosts with different addresses are one machine if SSH connects to the same place for both. */
function* checkMachines({ hosts: { existing = [], ssh: defaults } }: StackConfig): Mistakes {
  const places = existing.map(({ lost, address, ssh }) =>
    lost ? undefined : `${normalPlace(ssh.host ?? address)} port ${ssh.port ?? defaults.port}`,
  );
  for (const [index, { address, ssh }] of existing.entries()) {
    const place = places[index];
    const first = places.indexOf(place);
    // Hosts with the same address are a mistake of their own.
    if (place === undefined || first === index || address === existing[first]!.address) continue;
    const key = `hosts.existing[${index}].ssh.${ssh.port === undefined ? "host" : "port"}`;
    const message = `${place} is also where hosts.existing[${first}] ("${existing[first]!.name}") is reached; every host needs an SSH server of its own`;
    yield mistake(codes.sameMachine, key, message);
  }
}

/** An API server is reached by a URL, which takes less than SSH does: no zone of an IPv6 address (RFC 3986), for one. */
function* checkApiServers({ hosts: { existing = [] } }: StackConfig): Mistakes {
  for (const [index, { role, lost, address, ssh }] of existing.entries()) {
    const { host = address } = ssh;
    const url = `https://${apiServerAt(host)}`;
    if (role !== "control-plane" || lost || URL.canParse(url)) continue;
    const remedy = host.includes("%") ? "an address without a zone, or a name" : "an address, or another name";
    const message = `${host} makes no URL of this control plane's API server, ${url}; set ${remedy}`;
    yield mistake(codes.unfitApiServer, `hosts.existing[${index}].ssh.host`, message);
  }
}
