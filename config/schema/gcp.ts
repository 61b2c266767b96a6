import { z } from "zod";

import { hostName, ipv4, nodeSettings, range, role, text } from "./parts";

const machineType = text("a machine type, such as e2-standard-2", /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/);

const zone = text("a zone, such as europe-west8-a", /^[a-z]+(-[a-z]+)+\d+-[a-z]$/);

const instance = z.strictObject({
  name: hostName.describe("Hostname and node name. The instance's name has the stack's name in front."),
  role,
  address: ipv4
    .optional()
    .describe("Internal address. Default: from .10 of the subnet on for control planes, from .20 on for workers."),
  zone: zone.optional().describe("The instance's zone. Default: the zones of hosts.gcp.zones in turn, by role."),
  podRange: range
    .optional()
    .describe(
      "Range of the host's pods if network.encapsulation is None. Default: 256 addresses of kubernetes.podCidr; the host's address decides which.",
    ),
  type: machineType
    .optional()
    .describe("Machine type. A change stops the instance and starts it again. Default: hosts.gcp.machine.type."),
  ...nodeSettings,
});

const machine = z.strictObject({
  type: machineType.default("e2-standard-2").describe("Machine type of instances without a `type`."),
  image: text("an image family, such as ubuntu-os-cloud/ubuntu-2404-lts-amd64", /^[a-z0-9.:-]+\/[a-z0-9-]+$/)
    .default("ubuntu-os-cloud/ubuntu-2404-lts-amd64")
    .describe("Project and family of the image. Existing instances keep theirs."),
  disk: z
    .strictObject({
      type: z
        .enum(["pd-standard", "pd-balanced", "pd-ssd"])
        .default("pd-balanced")
        .describe("Type of disk. Existing instances keep theirs."),
      size: z
        .int()
        .min(20)
        .max(65536)
        .default(50)
        .describe("Size in GB, for system, images and volumes. Existing instances keep theirs."),
    })
    .prefault({})
    .describe("Each instance's only disk."),
});

const ssh = z.strictObject({
  user: text("a user's name on Linux", /^[a-z_][a-z0-9_-]{0,31}$/)
    .meta({ mayBeSecret: true })
    .default("kubeadm-kafka")
    .describe("User that Pulumi logs in as. With OS Login, the name that the profile shows."),
  publicKey: text("`ssh-ed25519 BASE64`", /^ssh-ed25519 \S+( .*)?$/)
    .optional()
    .describe("Public half of sshPrivateKey. Default: a new key pair for the stack, kept as a secret in its state."),
  osLogin: z
    .boolean()
    .default(false)
    .describe("Whether OS Login decides which users may log in. It needs sshPrivateKey."),
});

/** Hosts on Google Cloud. */
export const gcpHosts = z
  .strictObject({
    project: text("a project's id", /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/).describe("Id of the project."),
    region: text("a region, such as europe-west8", /^[a-z]+(-[a-z]+)+\d+$/).describe("Region of all resources."),
    zones: z.array(zone.describe("A zone of the region. Hosts of each role take the zones in turn.")).nonempty(),
    network: z
      .strictObject({
        name: text("a name that Google takes: a-z, 0-9 and -, a letter first", /^[a-z]([-a-z0-9]*[a-z0-9])?$/)
          .default("kubernetes")
          .describe("Name of the network, and start of its firewall rules' names. The stack's name is put in front."),
        range: range.default("10.240.0.0/24").describe("Range of the hosts' subnet."),
        mtu: z.int().min(1300).max(8896).default(1460).describe("MTU of the network, in bytes."),
      })
      .prefault({})
      .describe("The network that is made for the stack."),
    allow: z
      .strictObject({
        ssh: z.array(range.describe("A range that may reach SSH. Pulumi's own address has to be in one.")).nonempty(),
        api: z
          .array(range.describe("A range that may reach the API server. Pulumi's own address has to be in one."))
          .nonempty(),
      })
      .describe("Ranges that may reach the hosts from outside. There is no default."),
    machine: machine.prefault({}).describe("Type, image and disk of the instances."),
    publicAddresses: z
      .boolean()
      .default(true)
      .describe(
        "Whether hosts have public addresses. If not, Pulumi connects through a bastion, and hosts connect out through Cloud NAT.",
      ),
    serviceAccount: text("an account's email", /^[^@\s]+@[^@\s]+$/)
      .optional()
      .describe("Service account that instances run as. Default: a new one for the stack, without any role."),
    deletionProtection: z
      .boolean()
      .default(false)
      .describe("Whether Google refuses to delete the instances. `pulumi destroy` then fails."),
    ssh: ssh.prefault({}).describe("How Pulumi logs in to the instances."),
    instances: z.array(instance).nonempty(),
  })
  .describe("Hosts on Google Cloud, see docs/gcp.md.");
