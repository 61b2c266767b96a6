import { codes, type Mistake } from "../../../config/mistakes";
import { privateKeyOf, publicKeyOf } from "../../support/keys";

const key = privateKeyOf("a user");
const controller = { name: "controller-0", role: "control-plane" };
const worker = { name: "worker-0" };
const hosts = {
  project: "my-project",
  region: "europe-west8",
  zones: ["europe-west8-a"],
  allow: { ssh: ["203.0.113.7/32"], api: ["203.0.113.7/32"] },
  instances: [controller, worker],
};

/** Two hosts on Google Cloud, with changes to `hosts.gcp` and further sections of the config. */
export const gcp = (changes: object = {}, rest: object = {}) => ({ hosts: { gcp: { ...hosts, ...changes } }, ...rest });
const instances = (...listed: object[]) => gcp({ instances: listed });
const routed = (...listed: object[]) => gcp({ instances: listed }, { network: { encapsulation: "None" } });
const range = (cidr: string) => gcp({ network: { range: cidr } });

/** Cases: the mistake, the config, its code, and the start of its message. */
export const gcpMistakes: [string, Record<string, unknown>, Mistake["code"], string][] = [
  [
    "a network whose firewall rules' names would be too long",
    gcp({ network: { name: "n".repeat(43) } }),
    codes.gcpName,
    `hosts.gcp.network.name: lab-${"n".repeat(43)}-allow-health-check has 66 characters, Google takes 63; shorten it`,
  ],
  [
    "an instance's name that is too long with the stack's",
    instances(controller, { name: "w".repeat(60) }),
    codes.gcpName,
    `hosts.gcp.instances[1].name: lab-${"w".repeat(60)} has 64 characters, Google takes 63; shorten it`,
  ],
  [
    "the bastion's name",
    gcp({ publicAddresses: false, instances: [controller, { name: "bastion" }] }),
    codes.gcpName,
    "hosts.gcp.instances[1].name: bastion is the bastion's name; choose another",
  ],
  [
    "machines with too little memory",
    gcp({ machine: { type: "e2-micro" } }),
    codes.smallContainer,
    "hosts.gcp.machine.type: e2-micro has too little memory for a host, which needs 1700 MiB; set e2-medium or a larger one",
  ],
  [
    "an instance with too little memory, beside a small type that none has",
    gcp({
      machine: { type: "f1-micro" },
      instances: [
        { ...controller, type: "e2-medium" },
        { ...worker, type: "g1-small" },
      ],
    }),
    codes.smallContainer,
    "hosts.gcp.instances[1].type: g1-small has too little memory",
  ],
  [
    "a zone outside the region",
    gcp({ zones: ["europe-west8-a", "europe-west1-b"] }),
    codes.gcpZone,
    "hosts.gcp.zones[1]: europe-west1-b isn't in hosts.gcp.region, europe-west8; set one of its zones",
  ],
  [
    "an instance's zone outside the region",
    instances(controller, { ...worker, zone: "europe-west80-a" }),
    codes.gcpZone,
    "hosts.gcp.instances[1].zone: europe-west80-a isn't in hosts.gcp.region, europe-west8; set one of its zones",
  ],
  [
    "a range that starts elsewhere",
    range("10.240.0.64/24"),
    codes.gcpRange,
    "hosts.gcp.network.range: 10.240.0.64/24 doesn't start at 10.240.0.64; set 10.240.0.0/24",
  ],
  [
    "a range that is too large",
    range("192.0.0.0/7"),
    codes.gcpRange,
    "hosts.gcp.network.range: 192.0.0.0/7 must be from /8 to /28",
  ],
  [
    "a range of link-local addresses",
    range("169.254.1.0/24"),
    codes.specialRange,
    "hosts.gcp.network.range: 169.254.1.0/24 has addresses that are link-local (169.254.0.0/16); set a private range",
  ],
  [
    "a public key that was cut off",
    gcp({ ssh: { publicKey: publicKeyOf("a user").slice(0, -1) } }, { sshPrivateKey: key }),
    codes.noPublicKey,
    `hosts.gcp.ssh.publicKey: "${publicKeyOf("a user").slice(0, 40)}" is no ed25519 key`,
  ],
  [
    "more hosts than the range has room for",
    gcp({ network: { range: "10.240.0.0/28" } }),
    codes.gcpAddress,
    "hosts.gcp.instances[1].address: 10.240.0.20 is outside of hosts.gcp.network.range, 10.240.0.0/28; set one from 10.240.0.7 to 10.240.0.13, or a larger range",
  ],
  [
    "an address outside the range",
    instances(controller, { ...worker, address: "10.240.1.20" }),
    codes.gcpAddress,
    "hosts.gcp.instances[1].address: 10.240.1.20 is outside of hosts.gcp.network.range, 10.240.0.0/24; set one from",
  ],
  ...["10.240.0.0", "10.240.0.1", "10.240.0.254", "10.240.0.255"].map((address): (typeof gcpMistakes)[number] => [
    `Google's address ${address}`,
    instances(controller, { ...worker, address }),
    codes.gcpAddress,
    `hosts.gcp.instances[1].address: ${address} is Google's; set one from 10.240.0.7 to 10.240.0.253`,
  ]),
  [
    "the load balancer's address",
    gcp({ publicAddresses: false, instances: [controller, { ...worker, address: "10.240.0.5" }] }),
    codes.gcpAddress,
    "hosts.gcp.instances[1].address: 10.240.0.5 is the load balancer's; set one from",
  ],
  [
    "the bastion's address",
    gcp({ publicAddresses: false, instances: [controller, { ...worker, address: "10.240.0.6" }] }),
    codes.gcpAddress,
    "hosts.gcp.instances[1].address: 10.240.0.6 is the bastion's; set one from",
  ],
  [
    "an address that a default takes",
    instances(controller, { ...worker, address: "10.240.0.10" }),
    codes.sameAddress,
    'hosts.gcp.instances[1].address: 10.240.0.10 is also the address of hosts.gcp.instances[0] ("controller-0")',
  ],
  [
    "one name twice on Google Cloud",
    instances(controller, { name: "controller-0" }),
    codes.sameName,
    'hosts.gcp.instances[1].name: controller-0 is also the name of hosts.gcp.instances[0] ("controller-0")',
  ],
  [
    "no control plane on Google Cloud",
    instances(worker),
    codes.noControlPlane,
    "hosts.gcp.instances: has no control plane",
  ],
  [
    "pods among instances",
    gcp({}, { kubernetes: { podCidr: "10.240.0.0/16" } }),
    codes.rangeInHostsNetwork,
    "kubernetes.podCidr: 10.240.0.0/16 overlaps the hosts' network, 10.240.0.0/24; set a range",
  ],
  [
    "services among instances",
    gcp({}, { kubernetes: { serviceCidr: "10.240.0.128/25" } }),
    codes.rangeInHostsNetwork,
    "kubernetes.serviceCidr: 10.240.0.128/25 overlaps the hosts' network, 10.240.0.0/24; set a range",
  ],
  ["OS Login without a key", gcp({ ssh: { osLogin: true } }), codes.gcpLogin, "sshPrivateKey: is needed with OS Login"],
  [
    "a public key without its private half",
    gcp({ ssh: { publicKey: publicKeyOf("a user") } }),
    codes.gcpLogin,
    "sshPrivateKey: is needed with hosts.gcp.ssh.publicKey",
  ],
  [
    "a private key without its public half",
    gcp({}, { sshPrivateKey: key }),
    codes.gcpLogin,
    "hosts.gcp.ssh.publicKey: is needed with sshPrivateKey",
  ],
  [
    "a public key of another pair",
    gcp({ ssh: { publicKey: `${publicKeyOf("somebody else")} me@laptop` } }, { sshPrivateKey: key }),
    codes.otherPair,
    `hosts.gcp.ssh.publicKey: isn't the public half of sshPrivateKey; set ${publicKeyOf("a user")}`,
  ],
  [
    "root, whom Google's images don't let in",
    gcp({ ssh: { user: "root" } }),
    codes.rootLogin,
    "hosts.gcp.ssh.user: root can't log in to instances of hosts.gcp.machine.image, ubuntu-os-cloud/",
  ],
  ...["IPIP", "VXLANCrossSubnet"].map((encapsulation): (typeof gcpMistakes)[number] => [
    `${encapsulation} on Google Cloud`,
    gcp({}, { network: { encapsulation } }),
    codes.gcpEncapsulation,
    `network.encapsulation: ${encapsulation} doesn't work there; set None, for which pods' ranges are routed to the hosts, or VXLAN`,
  ]),
  [
    "pods' packets too large for the network",
    gcp({}, { network: { mtu: 1411 } }),
    codes.gcpMtu,
    "network.mtu: 1411 is more than hosts.gcp.network.mtu, 1460, has room for with VXLAN; set at most 1410, or 0",
  ],
  [
    "unwrapped packets too large for the network",
    gcp({}, { network: { encapsulation: "None", mtu: 1461 } }),
    codes.gcpMtu,
    "network.mtu: 1461 is more than hosts.gcp.network.mtu, 1460, has room for with None; set at most 1460, or 0",
  ],
  [
    "a host's range for pods that nothing routes",
    instances(controller, { ...worker, podRange: "10.244.0.0/24" }),
    codes.gcpPodRange,
    "hosts.gcp.instances[1].podRange: is only for network.encapsulation None; set that, or remove it",
  ],
  [
    "a host's pods outside the pods' range",
    routed(controller, { ...worker, podRange: "10.200.0.0/24" }),
    codes.gcpPodRange,
    "hosts.gcp.instances[1].podRange: 10.200.0.0/24, for pods on worker-0, isn't in kubernetes.podCidr, 10.244.0.0/16; set",
  ],
  [
    "a host's pods among another's",
    routed(controller, { ...worker, podRange: "10.244.10.128/25" }),
    codes.gcpPodRange,
    'hosts.gcp.instances[1].podRange: 10.244.10.128/25, for pods on worker-0, overlaps that of hosts.gcp.instances[0] ("controller-0")',
  ],
  [
    "a range for pods that starts elsewhere",
    routed(controller, { ...worker, podRange: "10.244.20.1/24" }),
    codes.gcpPodRange,
    "hosts.gcp.instances[1].podRange: 10.244.20.1/24, for pods on worker-0, doesn't start at 10.244.20.0",
  ],
  [
    "more hosts than the pods' range has room for",
    gcp({}, { kubernetes: { podCidr: "10.244.0.0/20" }, network: { encapsulation: "None" } }),
    codes.gcpPodRange,
    "hosts.gcp.instances[1].podRange: 10.244.20.0/24, for pods on worker-0, isn't in kubernetes.podCidr, 10.244.0.0/20",
  ],
  [
    "Google Cloud beside containers",
    { hosts: { ...gcp().hosts, containers: [{ name: "master", role: "control-plane" }] } },
    codes.twoBackends,
    "hosts: has `containers` and `gcp`; a stack's hosts are of one kind, remove the others",
  ],
];
