import { normalPlace } from "../../components/hosts/place";
import { codes, type Mistake } from "../mistakes";
import type { StackConfig } from "../schema/schema";
import { isEd25519Key, readPrivateKey } from "../sshKeys";

/** What keeps Pulumi from logging in to hosts, or lets it in to others than are meant. */
export function loginMistakes(config: StackConfig): Mistake[] {
  return [
    ...checkLogin(config),
    ...checkPrivateKey(config),
    ...checkHostKeys(config),
    ...checkLearnedKeys(config),
    ...checkMachines(config),
  ];
}

function checkLogin({ hosts, sshPrivateKey }: StackConfig): Mistake[] {
  if (!hosts.existing) return [];
  if (hosts.ssh.agent && sshPrivateKey) {
    const message = "lets the SSH agent in for sshPrivateKey, which is set, too; remove one of them";
    return [{ code: codes.twoLogins, key: "hosts.ssh.agent", message }];
  }
  if (hosts.ssh.agent || sshPrivateKey) return [];
  const message =
    "is needed to reach existing hosts; `bin/pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519`, or set hosts.ssh.agent to use yours";
  return [{ code: codes.noPrivateKey, key: "sshPrivateKey", message }];
}

/** A key that nobody can unlock while `up` runs, or that is none. The message never repeats it. */
function checkPrivateKey({ hosts, sshPrivateKey }: StackConfig): Mistake[] {
  if (!sshPrivateKey || (!hosts.existing && !hosts.gcp)) return [];
  const key = "sshPrivateKey";
  const read = readPrivateKey(sshPrivateKey);
  switch (read.kind) {
    case "usable":
      return [];
    case "of an unfit type": {
      const message = `is a key of the type ${JSON.stringify(read.type)}, by which Pulumi can't log in; set an ed25519, RSA or ECDSA key, such as \`ssh-keygen -t ed25519\` makes`;
      return [{ code: codes.keyType, key, message }];
    }
    case "locked by a passphrase": {
      const message =
        "is locked by a passphrase, which nobody can enter while `up` runs; set a key without one (`ssh-keygen -p` takes it off a copy), or set hosts.ssh.agent and let your agent unlock it";
      return [{ code: codes.lockedKey, key, message }];
    }
    case "no private key": {
      const message =
        "is no private key in OpenSSH's format or PEM; set the whole file, lines included: `bin/pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519`";
      return [{ code: codes.noKey, key, message }];
    }
  }
}

/** Public keys that were cut off, or that have a placeholder in their place. */
function checkHostKeys({ hosts }: StackConfig): Mistake[] {
  const listed: [string, string | undefined][] = [
    ["hosts.ssh.bastion.hostKey", hosts.ssh.bastion?.hostKey],
    ...(hosts.existing ?? []).map(({ ssh }, index): [string, string] => [
      `hosts.existing[${index}].ssh.hostKey`,
      ssh.hostKey,
    ]),
    ["hosts.gcp.ssh.publicKey", hosts.gcp?.ssh.publicKey],
  ];
  return listed.flatMap(([key, value]) =>
    value === undefined || value === "learn" || isEd25519Key(value)
      ? []
      : [
          {
            code: codes.noPublicKey,
            key,
            message: `${JSON.stringify(value.slice(0, 40))} is no ed25519 key: what follows \`ssh-ed25519\` must be its 68 characters, whole`,
          },
        ],
  );
}

/** A key is looked at from where Pulumi runs, and from there nobody behind a bastion is seen. */
function checkLearnedKeys({ hosts }: StackConfig): Mistake[] {
  const { bastion } = hosts.ssh;
  if (!bastion) return [];
  return (hosts.existing ?? []).flatMap(({ address, ssh }, index) => {
    const message = `can't be learned through hosts.ssh.bastion; set what \`ssh-keyscan -t ed25519 ${ssh.host ?? address}\` prints on ${bastion.host}`;
    return ssh.hostKey === "learn"
      ? [{ code: codes.learnThroughBastion, key: `hosts.existing[${index}].ssh.hostKey`, message }]
      : [];
  });
}

/** Two hosts with different addresses may still be one machine, where SSH goes to the same place for both. */
function checkMachines({ hosts }: StackConfig): Mistake[] {
  const direct = hosts.existing ?? [];
  const places = direct.map(({ lost, address, ssh }) =>
    lost ? undefined : `${normalPlace(ssh.host ?? address)} port ${ssh.port ?? hosts.ssh.port}`,
  );
  return places.flatMap((place, index) => {
    const first = places.indexOf(place);
    if (place === undefined || first === index) return [];
    const { address, ssh } = direct[index]!;
    // Where the addresses are the same, that is the mistake.
    if (address === direct[first]!.address) return [];
    const key = `hosts.existing[${index}].ssh.${ssh.port === undefined ? "host" : "port"}`;
    const message = `${place} is also where hosts.existing[${first}] ("${direct[first]!.name}") is reached; every host needs an SSH server of its own`;
    return [{ code: codes.sameMachine, key, message }];
  });
}
