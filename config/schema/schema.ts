import { z } from "zod";

import { isIpv4 } from "../../components/addresses/ipv4";
import { kubernetesVersions } from "../../components/artifacts/kubernetesReleases";
import { versions } from "../../components/artifacts/versions";
import { ANY, patterns, permissions, resourceTypes } from "../../components/kafka/plan/acls";
import { encryptions } from "../../components/kafka/plan/encryption";
import { LONGEST_USER } from "../../components/kafka/plan/userNames";
import { gcpHosts } from "./gcp";
import {
  dnsName,
  duration,
  hostName,
  ipv4,
  isMirror,
  nodeSettings,
  quantity,
  range,
  resourceList,
  role,
  sshHost,
  text,
  textOrNumber,
  userName,
} from "./parts";

/**
 * The schema of a stack's config: types, defaults, ranges and descriptions. docs/config.md and the messages of mistakes are
 * generated from it. Checks that need more than one value are in config/rules/.
 */

const nodeResources = z.strictObject({
  requests: resourceList
    .optional()
    .describe("CPU and memory that each pod requests. Default: 250m CPU and the heap + 256Mi."),
  limits: resourceList
    .optional()
    .describe("CPU and memory that each pod may use at most. Default: the heap + 512Mi, no CPU limit."),
});

const javaHeap = text("a size as Java takes it, such as 512m", /^[1-9][0-9]*[mg]$/);

const properties = z
  .record(
    z.string(),
    z
      .union([z.string(), z.number(), z.boolean()])
      .meta({ mayBeSecret: true })
      .describe("One property, by its name in Kafka, such as `retention.ms` of a topic."),
  )
  .default({});

/** The names that Kafka's own Topic.validate accepts, except those that Kafka reserves for itself. */
const topicName = text(
  "a topic's name: A-Z, a-z, 0-9, ., _ and -, at most 249 characters, not . or .. and without __ in front, which is for Kafka's own",
  /^(?!__)(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
);

const namespaceOrAll = text(
  "a namespace's name, in quotes where it is a number, or * for all of them",
  /^([*]|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$/,
);

const network = z.strictObject({
  mode: z
    .enum(["open", "closed"])
    .default("closed")
    .describe(
      "Whether network policies decide who may connect to Kafka. `open`: every pod may, and with `outsidePort` everybody who reaches the hosts. `closed`: only the namespaces and ranges below, and programs on the hosts; and Kafka's namespace admits only pods that are `restricted`. A stack whose config has none keeps what its last `up` applied, which was `open` before there was this key. See docs/network.md.",
    ),
  clientNamespaces: z
    .array(namespaceOrAll.describe("Name of one namespace, or `*`."))
    .default([])
    .describe("Namespaces whose pods may connect to brokers, or `*` for all."),
  outsideRanges: z
    .array(range.describe("One range of clients' addresses."))
    .default([])
    .describe(
      "Ranges of the addresses of clients that may use `outsidePort`, without those of pods and hosts. 0.0.0.0/0 has all.",
    ),
  brokerDestinations: z
    .array(range.describe("One range of addresses."))
    .default([])
    .describe("Ranges of addresses that brokers may connect to, such as those of a tiered storage."),
});

const topic = z.strictObject({
  partitions: z.int().min(1).max(10_000).describe("Number of partitions. It can only grow: fewer are refused."),
  replicationFactor: z
    .int()
    .min(1)
    .max(9)
    .describe("Replicas of each partition, at most `kafka.brokers`. A change adds or removes replicas."),
  config: properties.describe(
    "The topic's own settings. After a setting is removed, the brokers' default applies again. Others' settings stay.",
  ),
  allowRecordDeletion: z
    .boolean()
    .default(false)
    .describe("Whether a change of `config` may delete records. If false, such a change is refused."),
});

/** A name that a Secret and a Job can have, and that nobody with a certificate has, since these have a `=`. */
const kafkaUserName = text(
  `a user's name: a-z, 0-9 and -, at most ${LONGEST_USER} characters, since a Secret and a Job have it`,
  new RegExp(`^[a-z0-9]([a-z0-9-]{0,${LONGEST_USER - 2}}[a-z0-9])?$`),
);

const acl = z.strictObject({
  resource: z.enum(resourceTypes).describe("Type of the resources."),
  name: textOrNumber("text in one line, without spaces at its ends", /^\S(.*\S)?$/)
    .optional()
    .describe("Name of the resource, `*` for all of this type, or what the names begin with. Cluster has none."),
  pattern: z
    .enum(patterns)
    .default("literal")
    .describe("`literal`: the resource of this name. `prefixed`: those whose names begin with it."),
  operations: z
    .array(z.string().describe("One operation that fits the type, in Kafka's spelling, such as `Read`, or `All`."))
    .nonempty(),
  permission: z.enum(permissions).default("Allow").describe("Whether it is allowed. What is denied, no ACL allows."),
  hosts: z
    .array(
      z
        .string()
        .refine((host) => host === ANY || isIpv4(host))
        .meta({ form: "a client's IPv4 address, such as 10.0.0.4, or * for all: Kafka knows no ranges and no names" })
        .describe("Address of clients, as brokers see it. Default: *."),
    )
    .nonempty()
    .default(["*"]),
});

const bytesPerSecond = z.int().min(1).max(1_000_000_000_000);

const user = z.strictObject({
  acls: z.array(acl).default([]),
  quotas: z
    .strictObject({
      producerBytesPerSecond: bytesPerSecond
        .optional()
        .describe("What the user may write to each broker. Default: no limit."),
      consumerBytesPerSecond: bytesPerSecond
        .optional()
        .describe("What the user may read from each broker. Default: no limit."),
      requestPercentage: z
        .number()
        .min(0.01)
        .max(100_000)
        .optional()
        .describe(
          "Time of each broker's threads that the user's requests may take: 100 is one thread. Default: no limit.",
        ),
      controllerMutationsPerSecond: z
        .number()
        .min(0.01)
        .max(1_000_000)
        .optional()
        .describe("Partitions that the user may create and delete. Default: no limit."),
    })
    .prefault({})
    .describe("Limits of the user, whatever its clients' ids. Kafka delays the requests of a user that exceeds one."),
});

const containerHost = z.strictObject({
  name: hostName,
  role,
  address: ipv4
    .optional()
    .describe("Address in the hosts' network, 172.30.0.0/24. Default: the next one from 172.30.0.10 on."),
  memory: text("a size as Docker takes it, such as 3g", /^[1-9][0-9]*[mg]$/)
    .optional()
    .describe("Memory limit. Default: none."),
  cpus: z
    .number()
    .min(0.01) // Docker's limit
    .optional()
    .describe("CPU limit, in cores. Default: none."),
  ...nodeSettings,
});

const accessKey = text("letters, digits and ., _, -, +, / and =", /^[A-Za-z0-9._+/=-]+$/).meta({ mayBeSecret: true });

const port = z.int().min(1).max(65535);

const sshDefaults = z.strictObject({
  user: userName.default("root").describe("`root`, or a user who may `sudo` without a password."),
  port: port.default(22).describe("Port of their SSH servers."),
  agent: z
    .boolean()
    .default(false)
    .describe("Whether Pulumi logs in with the local SSH agent (`SSH_AUTH_SOCK`) instead of sshPrivateKey."),
  bastion: z
    .strictObject({
      host: sshHost.describe("The bastion's name or address, as Pulumi reaches it."),
      port: port.default(22).describe("Port of the bastion's SSH server."),
      user: userName.optional().describe("User for the login there, with the same key. Default: hosts.ssh.user."),
      hostKey: text("`ssh-ed25519 BASE64`, see hosts.existing[].ssh.hostKey", /^ssh-ed25519 \S+$/).describe(
        "The bastion's public host key.",
      ),
    })
    .optional()
    .describe(
      "Bastion through which SSH reaches all hosts. One of the hosts may be the bastion. Pulumi reaches port 6443 of the control planes directly. Default: none.",
    ),
});

const existingHost = z.strictObject({
  name: hostName.describe("Hostname and node name. `up` sets the machine's hostname to it."),
  role,
  address: ipv4.describe("Address at which the other hosts reach it."),
  lost: z
    .boolean()
    .default(false)
    .describe(
      "Whether the machine is lost for good. `up` then removes its node without contacting it; remove the entry afterwards.",
    ),
  ...nodeSettings,
  ssh: z.strictObject({
    host: sshHost
      .optional()
      .describe(
        "Name or address at which Pulumi, or the bastion, reaches the SSH server, and Pulumi port 6443. Default: the address.",
      ),
    port: port.optional().describe("Port of the machine's SSH server. Default: hosts.ssh.port."),
    user: userName.optional().describe("User for the login. Default: hosts.ssh.user."),
    hostKey: text(
      "`ssh-ed25519 BASE64`, which `ssh-keyscan -t ed25519 HOST` prints after the host's name; compare it with the machine's own. Or `learn`",
      /^(ssh-ed25519 \S+|learn)$/,
    ).describe(
      "The machine's public host key. `learn` trusts the key of the first connection, and from then on no other.",
    ),
  }),
});

const auditLog = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether requests are logged. If not, the files of the log stay."),
  maxAgeDays: z.int().min(1).max(3650).default(30).describe("Days after which a rotated file is removed."),
  maxBackups: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe("Number of rotated, compressed files that each control plane keeps."),
  maxSizeMegabytes: z.int().min(1).max(10_000).default(100).describe("Size at which a file is rotated, in MiB."),
});

const s3Target = z.strictObject({
  endpoint: z
    .string()
    .refine(isMirror)
    .meta({
      form: "a URL of http or https without user, query, fragment and quotes, such as https://s3.eu-central-1.amazonaws.com",
      mayBeSecret: true,
    })
    .describe("Base URL of the service, as the control planes reach it."),
  bucket: text(
    "a bucket's name: a-z, 0-9, . and -, from 3 to 63 characters",
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  ).describe("The bucket. Its own rules decide when objects are deleted: the hosts only need the right to put them."),
  prefix: text("a path of letters, digits, ., _, - and /", /^[A-Za-z0-9._/-]*$/)
    .default("")
    .describe("What the objects' names begin with. The stack's own folder follows."),
  region: text("a region, such as us-east-1", /^[a-z0-9-]+$/)
    .default("us-east-1")
    .describe("Region that requests are signed for."),
  accessKeyId: accessKey.describe("Id of the access key."),
  secretAccessKey: accessKey.describe(
    "The access key's secret: `bin/pulumi config set --secret --path kubernetes.backups.s3.secretAccessKey`.",
  ),
});

const backups = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether each control plane writes backups. If false, those that are there stay."),
  every: duration.default("6h").describe("Time between two backups."),
  keep: z
    .strictObject({
      count: z.int().min(1).max(1000).default(12).describe("Number of backups that stay on a host."),
      days: z.int().min(1).max(3650).default(30).describe("Age in days from which a backup is removed."),
    })
    .prefault({})
    .describe("Which backups stay on the hosts. The newest always does."),
  encryptTo: text(
    "a certificate in PEM, from BEGIN to END CERTIFICATE",
    /^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/,
  )
    .optional()
    .describe(
      "Certificate to which backups are encrypted; keep its private key away from the hosts. Default: one that the stack makes, with the private key in the secret output `backupKey`.",
    ),
  s3: s3Target
    .optional()
    .describe("Bucket of an S3-like service to which each backup is uploaded as well. Default: none."),
});

export const schema = z.strictObject({
  hosts: z
    .strictObject({
      containers: z.array(containerHost).nonempty().optional(),
      existing: z.array(existingHost).nonempty().optional(),
      gcp: gcpHosts.optional(),
      ssh: sshDefaults
        .prefault({})
        .describe("How Pulumi logs in to existing hosts. A host's own `ssh` takes precedence."),
      packages: z
        .enum(["remove", "keep"])
        .default("remove")
        .describe(
          "Whether packages that `up` installed are removed when a host leaves the cluster. Packages from before always stay.",
        ),
      reboot: z
        .enum(["never", "when-needed"])
        .default("never")
        .describe(
          "Whether `up` reboots hosts that need it, mostly for a newer kernel: one at a time, drained, once Kafka's gate lets it go. The preview lists them.",
        ),
      updates: z
        .enum(["never", "newest"])
        .default("never")
        .describe(
          "Whether `up` updates containerd, runc and haproxy from the hosts' package sources: one host at a time, drained. The preview lists them.",
        ),
    })
    .describe(
      "The hosts, either `containers` on this machine, `existing` machines reached over SSH, or instances on `gcp`.",
    ),
  sshPrivateKey: z
    .string()
    .meta({ mayBeSecret: true })
    .default("")
    .describe("Private key in OpenSSH's format, with which Pulumi logs in to existing hosts, or to those on gcp."),
  kubernetes: z
    .strictObject({
      version: z
        .string()
        .default(versions.kubernetes)
        .describe(
          `Exact version of Kubernetes: ${kubernetesVersions.slice(0, -1).join(", ")} or ${kubernetesVersions.at(-1)}. A stack whose config has none keeps the version that its last \`up\` applied.`,
        ),
      podCidr: range.default("10.244.0.0/16").describe("Range of the pods' addresses. It can't change later."),
      serviceCidr: range.default("10.96.0.0/12").describe("Range of the services' addresses. It can't change later."),
      endpoint: dnsName
        .default("api.kubeadm-kafka.internal")
        .describe(
          "DNS name of the API server, which stays when its address changes. `up` writes it into the hosts' /etc/hosts. It can't change later.",
        ),
      scheduleOnControlPlane: z
        .boolean()
        .optional()
        .describe("Whether control planes run ordinary pods, too. Default: only if there is no worker."),
      encryptSecrets: z
        .boolean()
        .default(true)
        .describe(
          "Whether Secrets are encrypted in etcd. A cluster keeps the setting that it was made with, unless secretsEncryption is set.",
        ),
      secretsEncryption: z
        .strictObject({
          keyGeneration: z
            .int()
            .min(1)
            .max(1_000_000)
            .describe("Number of the key. Raise it to exchange the key: `up` makes a new one on a control plane."),
          provider: z
            .enum(["secretbox", "kms"])
            .default("secretbox")
            .describe("What encrypts: a key that a control plane makes (`secretbox`), or the plug-in of `kms`."),
          kms: z
            .strictObject({
              socket: text(
                "the absolute path of a socket in a folder of its own, such as /run/kms/plugin.sock, at most 107 characters",
                /^(?=.{1,107}$)(\/(?!\.{1,2}\/)[\w.-]+){2,}\/[\w.-]+$/,
              ).describe("Socket of the plug-in on each control plane. Its folder is mounted into the API server."),
              timeoutSeconds: z
                .int()
                .min(1)
                .max(30)
                .default(3)
                .describe("How long an API server waits for the plug-in, in seconds."),
            })
            .optional()
            .describe(
              "A KMS v2 plug-in that you run on each control plane. Keep it here as long as Secrets are encrypted by it.",
            ),
        })
        .optional()
        .describe(
          "The key by which Secrets are encrypted in etcd, see docs/keys.md. Default: the one that the cluster was made with.",
        ),
      certificates: z
        .strictObject({
          validity: duration
            .default("365d")
            .describe(
              "How long a new certificate of the control plane, or of the kubeconfig, is valid: 3m to 365d. Those of authorities are valid for ten years.",
            ),
          renewBefore: duration
            .optional()
            .describe(
              "How long before its end a certificate is renewed, by `up` or by the control plane itself: 1m to half of the validity. Default: a third of the validity, at most 30d.",
            ),
          authorityGeneration: z
            .int()
            .min(1)
            .max(1_000_000)
            .optional()
            .describe(
              "Number of the authorities of cluster, etcd and front proxy. Raise it to exchange them: the first ones have number 1, and `up` makes new ones on a control plane. Default: those that the cluster was made with.",
            ),
        })
        .prefault({})
        .describe("How long certificates are valid, see docs/certificates.md. Can change at any time."),
      audit: auditLog
        .prefault({})
        .describe("The API servers' log of who changed what, see docs/audit.md. A change restarts them one by one."),
      backups: backups
        .prefault({})
        .describe(
          "Backups of the control planes, see docs/backups.md: what Kubernetes knows, without Kafka's records.",
        ),
    })
    .prefault({})
    .describe("Version and address ranges of the cluster."),
  network: z
    .strictObject({
      encapsulation: z
        .enum(["VXLAN", "VXLANCrossSubnet", "IPIP", "None"])
        .default("VXLAN")
        .describe(
          "How packets between pods cross the hosts' network. `None` needs a network that routes pod addresses.",
        ),
      mtu: z.int().min(0).max(9000).default(0).describe("MTU of pods' interfaces, in bytes; with 0 Calico finds it."),
    })
    .prefault({})
    .describe("How pods on different hosts reach each other."),
  storage: z
    .strictObject({
      path: text("an absolute path below / of letters, digits, ., _, - and /", /^\/[\w./-]+$/)
        .default("/var/lib")
        .describe(
          "Folder on each host, on the disk for volumes. Volumes are in its subfolder kubeadm-kafka-volumes. It can't change later.",
        ),
    })
    .prefault({})
    .describe("Where volumes are on the hosts."),
  kafka: z
    .strictObject({
      brokers: z
        .int()
        .min(1)
        .max(9)
        .default(1)
        .describe(
          "Number of brokers. When it changes, replicas move to new brokers, and off removed brokers before these stop.",
        ),
      storage: z
        .strictObject({
          size: quantity.default("10Gi").describe("Size of each of the brokers' volumes. It can't change later."),
          volumes: z
            .int()
            .min(1)
            .max(8)
            .default(1)
            .describe("Number of each broker's volumes, with a log directory on each. It can't change later."),
          ofRemovedBrokers: z
            .enum(["keep", "delete"])
            .default("keep")
            .describe("Whether volumes of removed brokers are kept. The output `kafka.keptVolumes` names kept ones."),
        })
        .prefault({}),
      moveMegabytesPerSecond: z
        .number()
        .min(0.001)
        .max(100_000)
        .default(50)
        .describe("Network bandwidth per broker for moving replicas, in MB/s (10^6 bytes). Clients keep the rest."),
      heap: javaHeap.default("512m").describe("Java heap of each broker."),
      outsidePort: z
        .int()
        .min(30000)
        .max(32767)
        .optional()
        .describe(
          "Port of every host at which clients outside the cluster reach the first broker; the next ports lead to the other brokers. Default: none, clients are pods or programs on the hosts.",
        ),
      security: z
        .strictObject({
          network: network.prefault({}).describe("Connections to and from Kafka, see docs/network.md."),
          encryption: z
            .enum(encryptions)
            .default("open")
            .describe(
              "How connections are protected, see docs/encryption.md. A running stack goes one step at a time from `open` over `prepared` and `moved` to `closed`, or back; a new one may begin with any.",
            ),
          outsidePort: z
            .int()
            .min(30000)
            .max(32767)
            .optional()
            .describe(
              "As `kafka.outsidePort`, for clients outside the cluster that use TLS and log in. Default: none.",
            ),
        })
        .prefault({})
        .describe("Protection of Kafka against others."),
      version: text("a version of Kafka 4, such as 4.3.1", /^4\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/)
        .default(versions.kafka)
        .describe(
          "Kafka's version. A newer one rolls the pods; an older one than what runs is refused. A stack whose config has none keeps the version that its last `up` applied.",
        ),
      metadataVersion: textOrNumber("a release of Kafka 4, such as 4.3", /^4\.(0|[1-9]\d*)$/)
        .optional()
        .describe(
          "Release whose metadata format Kafka uses. It can't be lowered, so raise it in a change of its own, after the new version has proved itself. Default: the one that the cluster was made with.",
        ),
      clusterId: text("22 characters of A-Z, a-z, 0-9, - and _", /^[A-Za-z0-9_-]{22}$/)
        .optional()
        .describe(
          "Kafka's cluster id, only to use volumes again whose cluster was lost: brokers refuse volumes of another id. Default: the one that the cluster was made with.",
        ),
      controllers: z
        .strictObject({
          count: z
            .int()
            .min(1)
            .max(5)
            .default(3)
            .describe("Number of dedicated controllers: 1, 3 or 5. It can grow and shrink."),
          size: quantity.default("5Gi").describe("Size of each controller's volume. It can't change later."),
          heap: javaHeap.default("512m").describe("Java heap of each controller."),
          resources: nodeResources.optional(),
        })
        .optional()
        .describe(
          "Dedicated controllers, which vote on metadata in place of the brokers. Whether there are any can't change later. Default: none, the first brokers vote.",
        ),
      resources: nodeResources.optional(),
      properties: properties.describe(
        "Further lines of server.properties. Properties that the program plans can't be set here. Passwords and what only plugins read are kept in a Secret; if one property is set by `config set --secret`, all of them are.",
      ),
      allowRecordDeletion: z
        .boolean()
        .default(false)
        .describe(
          "Whether a change of `properties` may delete records of topics without a setting of their own. If false, such a change is refused.",
        ),
      topics: z
        .record(topicName, topic)
        .default({})
        .describe(
          "Topics by their names, see docs/topics.md. A topic that is removed here stays in Kafka with its records.",
        ),
      users: z
        .record(kafkaUserName, user)
        .default({})
        .describe(
          "Users by their names, see docs/users.md. A user that is removed here loses login, ACLs and quotas. It needs `kafka.security.encryption`.",
        ),
    })
    .prefault({})
    .describe("Brokers, their storage and their configuration."),
  artifacts: z
    .strictObject({
      source: z
        .enum(["auto", "upstream", "mirror"])
        .default("auto")
        .describe(
          "Where packages and images come from. `auto` uses the mirror that `make toolchain` built, or upstream if it built none.",
        ),
      mirror: z
        .string()
        .refine(isMirror)
        .meta({
          form: "a URL of http or https without user, query, fragment and quotes, such as http://10.0.0.2:5000",
          mayBeSecret: true,
        })
        .optional()
        .describe("Base URL of a mirror, see docs/air-gap.md. Default: none."),
      mirrorKey: text("the fingerprint of a key, 40 hexadecimal digits in capitals", /^[0-9A-F]{40}$/)
        .optional()
        .describe("Fingerprint of the key that signs the packages of `mirror`, which needs it. Default: none."),
    })
    .prefault({})
    .describe("Where packages and images come from."),
});

/** A stack's config, complete with defaults. */
export type StackConfig = z.output<typeof schema>;
