import { z } from "zod";

import { versions } from "../../components/artifacts/versions";
import { gcpHosts } from "./gcp";
import {
  dnsName,
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
 * The one schema of a stack's config: types, defaults, ranges and descriptions, from which docs/config.md and the words of
 * mistakes are made. What needs more than one value to judge is in config/rules/.
 */

const nodeResources = z.strictObject({
  requests: resourceList.optional().describe("What a pod asks for. Default: 250m CPU and the heap + 256Mi."),
  limits: resourceList.optional().describe("What it may take at most. Default: the heap + 512Mi, no CPU limit."),
});

const javaHeap = text("a size as Java takes it, such as 512m", /^[1-9][0-9]*[mg]$/);

const properties = z
  .record(
    z.string(),
    z
      .union([z.string(), z.number(), z.boolean()])
      .meta({ mayBeSecret: true })
      .describe("One property, by Kafka's name for it."),
  )
  .default({});

/** As Kafka's own Topic.validate has it, without the names that Kafka keeps for itself. */
const topicName = text(
  "a topic's name: A-Z, a-z, 0-9, ., _ and -, at most 249 characters, not . or .. and without __ in front, which is for Kafka's own",
  /^(?!__)(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
);

const topic = z.strictObject({
  partitions: z.int().min(1).max(10_000).describe("Number of partitions. It only grows: fewer are refused."),
  replicationFactor: z
    .int()
    .min(1)
    .max(9)
    .describe("Copies of each partition, at most as many as there are brokers. They move when it changes."),
  config: properties.describe(
    "Settings of the topic's own. One that is taken out is the brokers' default again; those that others have made stay.",
  ),
  allowRecordDeletion: z
    .boolean()
    .default(false)
    .describe("Whether a change of `config` may let Kafka delete records that are kept now. Otherwise it is refused."),
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

const port = z.int().min(1).max(65535);

const sshDefaults = z.strictObject({
  user: userName.default("root").describe("`root`, or a user who may `sudo` without a password."),
  port: port.default(22).describe("Port of their SSH servers."),
  agent: z
    .boolean()
    .default(false)
    .describe("Whether the SSH agent of whoever runs Pulumi (`SSH_AUTH_SOCK`) lets it in, in place of sshPrivateKey."),
  bastion: z
    .strictObject({
      host: sshHost.describe("Where Pulumi reaches it."),
      port: port.default(22).describe("Port of its SSH server."),
      user: userName.optional().describe("Who logs in there, by the same key. Default: hosts.ssh.user."),
      hostKey: text("`ssh-ed25519 BASE64`, see hosts.existing[].ssh.hostKey", /^ssh-ed25519 \S+$/).describe(
        "The bastion's public host key.",
      ),
    })
    .optional()
    .describe(
      "Through which SSH reaches all of them, itself left out if it is one. Port 6443 of the control planes Pulumi reaches without it. Default: none.",
    ),
});

const existingHost = z.strictObject({
  name: hostName.describe("Hostname and node name; the machine is given it."),
  role,
  address: ipv4.describe("Address at which the other hosts reach it."),
  lost: z
    .boolean()
    .default(false)
    .describe("It is gone for good: `up` lets the cluster go on without it. Afterwards take it off the list."),
  ...nodeSettings,
  ssh: z.strictObject({
    host: sshHost
      .optional()
      .describe("Where Pulumi, or the bastion, reaches its SSH server, and Pulumi port 6443. Default: the address."),
    port: port.optional().describe("Port of its SSH server. Default: hosts.ssh.port."),
    user: userName.optional().describe("Who logs in there. Default: hosts.ssh.user."),
    hostKey: text(
      "`ssh-ed25519 BASE64`, which `ssh-keyscan -t ed25519 HOST` prints after the host's name; compare it with the machine's own. Or `learn`",
      /^(ssh-ed25519 \S+|learn)$/,
    ).describe(
      "The machine's public host key. `learn` trusts whichever it shows at the first contact, and from then on no other.",
    ),
  }),
});

export const schema = z.strictObject({
  hosts: z
    .strictObject({
      containers: z.array(containerHost).nonempty().optional(),
      existing: z.array(existingHost).nonempty().optional(),
      gcp: gcpHosts.optional(),
      ssh: sshDefaults
        .prefault({})
        .describe("How Pulumi gets into existing hosts, where a host doesn't say otherwise."),
      packages: z
        .enum(["remove", "keep"])
        .default("remove")
        .describe(
          "What becomes of the packages that `up` installed on a host when it leaves the cluster. Others stay anyway.",
        ),
    })
    .describe(
      "The hosts, either `containers` on this machine, `existing` machines reached over SSH, or instances on `gcp`.",
    ),
  sshPrivateKey: z
    .string()
    .meta({ mayBeSecret: true })
    .default("")
    .describe("Private key that lets Pulumi into existing hosts, or into those on gcp, in OpenSSH's format."),
  kubernetes: z
    .strictObject({
      version: z.string().default(versions.kubernetes).describe("Exact version."),
      podCidr: range.default("10.244.0.0/16").describe("Addresses of pods. They can't change later."),
      serviceCidr: range.default("10.96.0.0/12").describe("Addresses of services. They can't change later."),
      endpoint: dnsName
        .default("api.kubeadm-kafka.internal")
        .describe(
          "DNS name of the API server. The hosts know it by /etc/hosts; it outlives any address, and can't change later.",
        ),
      scheduleOnControlPlane: z
        .boolean()
        .optional()
        .describe("Whether control planes run ordinary pods, too. Default: only where there is no worker."),
      encryptSecrets: z
        .boolean()
        .default(true)
        .describe("Whether Secrets are encrypted in etcd. What the cluster began with stays."),
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
      mtu: z.int().min(0).max(9000).default(0).describe("MTU of pods' interfaces, in bytes; 0 finds it out."),
    })
    .prefault({})
    .describe("How pods on different hosts reach each other."),
  storage: z
    .strictObject({
      path: text("an absolute path below / of letters, digits, ., _, - and /", /^\/[\w./-]+$/)
        .default("/var/lib")
        .describe(
          "Folder on each host, on the disk that is to hold the volumes. They lie in kubeadm-kafka-volumes below it. It can't change later.",
        ),
    })
    .prefault({})
    .describe("Where volumes lie on the hosts."),
  kafka: z
    .strictObject({
      brokers: z
        .int()
        .min(1)
        .max(9)
        .default(1)
        .describe(
          "Number of brokers. Partitions move when it changes: onto new brokers, and off those that go before they stop.",
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
            .describe("What becomes of the volumes of brokers that are removed. Kept ones are named in the outputs."),
        })
        .prefault({}),
      moveMegabytesPerSecond: z
        .number()
        .min(0.001)
        .max(100_000)
        .default(50)
        .describe("What moving partitions may take of each broker's network, in MB/s. Clients keep the rest."),
      heap: javaHeap.default("512m").describe("Java heap of each broker."),
      outsidePort: z
        .int()
        .min(30000)
        .max(32767)
        .optional()
        .describe(
          "Port of every host at which clients outside of the cluster reach the first broker; the following ports are the other brokers'. Default: none, clients are pods or programs on the hosts.",
        ),
      version: text("a version of Kafka 4, such as 4.3.1", /^4\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/)
        .default(versions.kafka)
        .describe("Kafka's version. A newer one rolls the pods; an older one than what runs is refused."),
      metadataVersion: textOrNumber("a release of Kafka 4, such as 4.3", /^4\.(0|[1-9]\d*)$/)
        .optional()
        .describe(
          "Release whose metadata format may be used; set it in a change of its own once a new version has proved itself, since there is no way back. Default: the one that the cluster was made with.",
        ),
      controllers: z
        .strictObject({
          count: z
            .int()
            .min(1)
            .max(5)
            .default(3)
            .describe("Number of nodes that only vote: 1, 3 or 5. It can grow and shrink."),
          size: quantity.default("5Gi").describe("Size of each controller's volume. It can't change later."),
          heap: javaHeap.default("512m").describe("Java heap of each controller."),
          resources: nodeResources.optional(),
        })
        .optional()
        .describe(
          "Nodes that vote on metadata, apart from the brokers. Whether there are any can't change later. Default: none, the first brokers vote.",
        ),
      resources: nodeResources.optional(),
      properties: properties.describe(
        "Further lines of server.properties. What the cluster's plan decides can't be set here. Passwords and what only plugins read are kept in a Secret, and so are all of them where one is set by `config set --secret`.",
      ),
      allowRecordDeletion: z
        .boolean()
        .default(false)
        .describe(
          "Whether a change of `properties` may let Kafka delete records that are kept now, of topics that have no such setting of their own. Otherwise it is refused.",
        ),
      topics: z
        .record(topicName, topic)
        .default({})
        .describe(
          "Topics by their names, see docs/topics.md. One that is taken out stays in Kafka with what it holds.",
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
          "Where packages and images come from. `auto` takes the mirror that `make toolchain` built, where it had to build one.",
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
    })
    .prefault({})
    .describe("Where packages and images come from."),
});

/** A stack's config, complete with defaults. */
export type StackConfig = z.output<typeof schema>;
