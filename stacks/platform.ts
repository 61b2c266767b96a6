import * as pulumi from "@pulumi/pulumi";

import { images, kafkaImage } from "../components/artifacts/images";
import { ControlPlaneBackups } from "../components/cluster/controlPlaneBackups";
import { KubeadmCluster } from "../components/cluster/kubeadmCluster";
import { PodNetworkCheck } from "../components/cluster/podNetworkCheck";
import { restoreWarning } from "../components/cluster/restore/requestPlan";
import { certificateTimes } from "../components/cluster/certificates/timesPlan";
import { createHosts } from "../components/hosts/createHosts";
import { ZONE_LABEL } from "../components/hosts/nodeMarks";
import type { Host } from "../components/hosts/host";
import { isOfRemovedNode } from "../components/kafka/plan/claims";
import { KafkaCluster } from "../components/kafka/kafkaCluster";
import { KafkaTopic } from "../components/kafka/kafkaTopic";
import { KafkaUser } from "../components/kafka/kafkaUser";
import { KafkaUserList } from "../components/kafka/kafkaUserList";
import { refuseDeletedPolicies } from "../components/kafka/observed/deletedPolicies";
import { refuseDeletedSets } from "../components/kafka/observed/deletedSets";
import { whyKafkaIsUnwell } from "../components/kafka/observed/liveKafka";
import { notesOfNodes } from "../components/kafka/observed/nodesNotes";
import { planKafka } from "../components/kafka/plan/kafkaPlan";
import { plannedDefaults } from "../components/kafka/settings/retention";
import { judgeDefaults } from "../components/kafka/observed/runningDefaults";
import { lookAtTopics } from "../components/kafka/observed/runningTopics";
import { lookAtUsers } from "../components/kafka/observed/runningUsers";
import { whyToDrainAgain } from "../components/kafka/observed/unfinishedShrink";
import { Calico } from "../components/network/calico";
import { calicoManifest, calicoNeeds } from "../components/network/calicoManifest";
import { addressesOfNodes } from "../components/network/nodeAddresses";
import { addresses, toApiServers } from "../components/network/policyPlan";
import { endBlockedJobs } from "../components/programs/starts/endBlockedJobs";
import { localPathManifest, volumesFolder } from "../components/storage/localPathManifest";
import { LocalPathStorage } from "../components/storage/localPathStorage";
import { claimsOnHosts, refuseToLoseVolumes } from "../components/storage/volumesOnHosts";
import type { ClusterState } from "../components/verification/report";
import { VerificationJob } from "../components/verification/verificationJob";
import type { Unread } from "../config/keptVersions";
import type { LoadedConfig } from "../config/parseConfig";
import { podNetwork } from "../config/podNetwork";
import { firstPodHost, podHosts, racksOf, reasonAgainstPods, schedulesOnControlPlanes } from "../config/scheduling";
import { chooseSource, type Environment, restoreOf } from "./environment";
import { goesWith } from "./goesWith";
import { placementWarnings, unevenWarnings } from "./placement";
import { type Ground, standsOn } from "./standsOn";
import { kafkaSets } from "./recordedKafka";
import { recordedHosts } from "./recordedNetwork";
import type { RecordedResource } from "./recordedResources";
import { hasHadUsers } from "./recordedUsers";
import { configWarnings } from "./warnings";

/** The parts of a stack, from hosts to the verification of Kafka. Each part knows only those before it. */
export class Platform extends pulumi.ComponentResource {
  readonly cluster: KubeadmCluster;
  readonly backups: ControlPlaneBackups;
  readonly kafka: KafkaCluster;
  readonly verification: VerificationJob;
  /** Kafka's version, voters and brokers, volumes that its last change kept, and warnings: the stack's output `kafka`. */
  readonly kafkaState: pulumi.Output<
    ClusterState & { version: string; keptVolumes: readonly string[]; warnings?: readonly string[] }
  >;

  /** Logins of Kafka's users, by the users' names: the stack's output `users`. Secret. */
  readonly users: Readonly<Record<string, KafkaUser["login"]>>;

  /** @param state the resources in the stack's state, or why it can't be read */
  constructor(
    name: string,
    config: LoadedConfig,
    environment: Environment,
    state: readonly RecordedResource[] | Unread = [],
  ) {
    super("kubeadm-kafka:stacks:Platform", name);
    const recorded = "unread" in state ? [] : state;
    const { kubernetes, kafka } = config;
    const volumesPath = volumesFolder(config.storage.path);

    const { hosts, loadBalancer } = createHosts(
      {
        ...config.hosts,
        sshPrivateKey: config.sshPrivateKey,
        containerImage: environment.hostImage,
        pods: podNetwork(config),
        serviceCidr: kubernetes.serviceCidr,
      },
      { parent: this },
    );
    const routed = hosts.flatMap(({ name, podRange }) => (podRange ? [{ node: name, range: podRange }] : []));
    const plan = planKafka("kafka", "kafka", kafka.brokers, kafka.controllers?.count);
    const takingPods = podHosts(kubernetes, hosts).map(({ name, labels }) => ({ name, zone: labels?.[ZONE_LABEL] }));
    const warnings = placementWarnings(
      plan,
      takingPods.map(({ name }) => name),
    );
    for (const warning of [...configWarnings(config, hosts), ...warnings]) void pulumi.log.warn(warning, this);
    const restore = restoreOf(environment);
    if (restore) void pulumi.log.warn(restoreWarning(restore), this);
    const podNetworkNeeds = calicoNeeds({ ...config.network, routed });
    this.cluster = new KubeadmCluster(
      name,
      {
        ...kubernetes,
        certificateTimes: certificateTimes(kubernetes.certificates),
        authorityGeneration: kubernetes.certificates.authorityGeneration,
        hosts,
        ...(loadBalancer && { loadBalancer }),
        podNetwork: podNetworkNeeds,
        volumesPath,
        podImages: [images.calico.cni, images.calico.node, kafkaImage(kafka.version), images.node],
        source: chooseSource(config.artifacts, environment),
        packages: config.hosts.packages,
        maintenance: config.hosts,
        addOns,
        restore,
        scheduleOnControlPlane: schedulesOnControlPlanes(kubernetes, hosts),
        beforeMarks: (kubeconfig) =>
          refuseToLoseVolumes({
            hosts: hosts.map((host) => ({
              name: host.name,
              lost: host.lost,
              repelsBy: reasonAgainstPods(kubernetes, hosts, host),
            })),
            kubeconfig,
            namespace: plan.namespace,
            isUnused: (claim) => isOfRemovedNode(plan, claim),
          }),
      },
      { parent: this },
    );

    const onCluster = { parent: this, providers: [this.cluster.provider], transformations: [goesWith(this.cluster)] };
    const networkSettings = { ...config.network, podCidr: kubernetes.podCidr, routed };
    const network = new Calico("calico", networkSettings, onCluster);
    // If the hosts' network routes the pods' packets, there are no tunnels to check.
    const checks =
      podNetworkNeeds.ports.length > 0
        ? [new PodNetworkCheck("pod-network", { cluster: this.cluster, agents: network.agents }, { parent: this })]
        : [];
    const node = this.cluster.joined.get(firstPodHost(kubernetes, hosts)?.name ?? "");
    const podsAfter = [...network.agents, ...(node ? [node] : [])];
    const { mode, ...clients } = config.kafka.security.network;
    const isClosed = mode === "closed";
    const apiServers = pulumi.all(hosts.filter(isApiServer).map(({ address }) => address)).apply(addresses);
    const storage = new LocalPathStorage(
      "local-path",
      { volumesPath, podsAfter, ...(isClosed && { apiServers: toApiServers(apiServers) }) },
      onCluster,
    );
    const published = [...network.agents, ...checks.flatMap(({ steps }) => steps)].map(({ id }) => id);
    const { nodes: joined, kubeconfig } = this.cluster;
    const ofNodes = () =>
      addressesOfNodes({ kubeconfig, nodes: joined, after: published, recorded: recordedHosts(recorded) });
    const recordedSets = kafkaSets(recorded).map(({ metadata }) => metadata.name);
    this.kafka = new KafkaCluster(
      plan.name,
      {
        ...kafka,
        encryption: kafka.security.encryption,
        outsideTlsPort: kafka.security.outsidePort,
        hosts: pulumi
          .all(hosts.filter(({ lost }) => !lost).map(({ address }) => address))
          .apply((each) => [...hosts.filter(({ lost }) => !lost).map((host) => host.name), ...each]),
        storage: { ...kafka.storage, className: storage.className, mark: storage.mark },
        racks: racksOf(kubernetes, hosts, kafka.brokers),
        podsAfter,
        // After all nodes have joined, since a broker stays on its first node, where its volumes are.
        brokersAfter: [storage, this.cluster, ...checks],
        ...(isClosed && { network: { ...clients, apiServers, nodes: ofNodes(), pods: kubernetes.podCidr } }),
        standsOn: grounds(hosts).apply((ground) =>
          standsOn({
            hosts: ground,
            scheduleOnControlPlane: schedulesOnControlPlanes(kubernetes, hosts),
            network: calicoManifest(networkSettings),
            storage: localPathManifest({ volumesPath }),
            ...(isClosed && { clients }),
          }),
        ),
        unwell: whyKafkaIsUnwell({
          name: plan.name,
          namespace: plan.namespace,
          kubeconfig: this.cluster.kubeconfig,
          after: this.cluster.nodes,
        }),
        unfinishedShrink: whyToDrainAgain(plan, this.cluster.kubeconfig),
        notes: notesOfNodes(plan, this.cluster.kubeconfig, recordedSets),
      },
      onCluster,
    );
    const { cluster } = this;
    const nodes = plan.pools.map(({ name, nodes: { length } }) => `${name}: ${length}`).join(", ");
    const workload = { known: pulumi.interpolate`${this.kafka.clusterId}, ${nodes}`, resource: this.kafka };
    const ofBackups = { cluster, settings: kubernetes.backups, workload };
    this.backups = new ControlPlaneBackups("backups", ofBackups, { parent: this });

    const present = refuseDeletedSets(this.kafka.sets, plan.namespace, this.cluster.kubeconfig);
    const closed = refuseDeletedPolicies(this.kafka.policies, plan.namespace, this.cluster.kubeconfig);
    const judged = judgeDefaults({
      plan: this.kafka.plan,
      defaults: plannedDefaults(kafka.properties),
      allowRecordDeletion: kafka.allowRecordDeletion,
      kubeconfig: this.cluster.kubeconfig,
    });
    const running = lookAtTopics(this.kafka, Object.keys(kafka.topics), this.cluster.kubeconfig);
    const topics = Object.entries(kafka.topics).map(
      ([name, topic]) => new KafkaTopic(name, { ...topic, kafka: this.kafka, running }, onCluster),
    );
    const userNames = Object.keys(kafka.users);
    const lists =
      userNames.length > 0 || hasHadUsers(state)
        ? [new KafkaUserList("users", { kafka: this.kafka, names: userNames }, onCluster)]
        : [];
    const runningUsers = lookAtUsers(this.kafka, userNames, this.cluster.kubeconfig);
    const users = lists.flatMap((list) =>
      Object.entries(kafka.users).map(([name, user]) => {
        const args = { ...user, kafka: this.kafka, list, kubeconfig: this.cluster.kubeconfig, running: runningUsers };
        return [name, new KafkaUser(name, args, onCluster)] as const;
      }),
    );
    this.users = Object.fromEntries(users.map(([name, { login }]) => [name, login]));
    const jobs = [...topics, ...lists, ...users.map(([, user]) => user)];
    this.verification = new VerificationJob("verification", { kafka: this.kafka, after: jobs }, onCluster);
    const uneven = claimsOnHosts(this.cluster.kubeconfig, this.verification.report).apply((held) => {
      const found = unevenWarnings(plan, held, takingPods);
      for (const warning of found) void pulumi.log.warn(warning, this);
      return found;
    });
    endBlockedJobs({
      namespace: plan.namespace,
      kubeconfig: this.cluster.kubeconfig,
      until: this.verification.report,
    });
    const outsidePort = kafka.outsidePort ?? kafka.security.outsidePort;
    this.kafkaState = pulumi
      .all([this.verification.report, this.kafka.lastChange, this.cluster.nodes, uneven, judged, present, closed])
      .apply(([{ state }, { keptVolumes }, nodes, volumeWarnings]) => ({
        version: kafka.version,
        ...state,
        keptVolumes,
        ...(warnings.length + volumeWarnings.length > 0 && { warnings: [...warnings, ...volumeWarnings] }),
        ...(outsidePort !== undefined && {
          bootstrapServersOutside: this.kafka.plan.brokers
            .map((id) => {
              // In a closed network, a broker's port is open on the broker's own host alone.
              const own = nodes.find(({ name }) => isClosed && name === state.brokers[id]?.host);
              return `${(own ?? nodes[id % nodes.length]!).address}:${outsidePort + id}`;
            })
            .join(),
        }),
      }));
    this.registerOutputs();
  }
}

function isApiServer({ role, lost }: Host): boolean {
  return role === "control-plane" && !lost;
}

/** What must not be downgraded. Kubernetes' and Kafka's versions are config, and judged on their own. */
const addOns = [
  {
    name: "Calico",
    path: "/apis/apps/v1/namespaces/kube-system/daemonsets",
    workload: "calico-node",
    image: images.calico.node,
  },
  {
    name: "local-path-provisioner",
    path: "/apis/apps/v1/namespaces/local-path-storage/deployments",
    workload: "local-path-provisioner",
    image: images.localPath.provisioner,
  },
];

/** What Kafka depends on of each host, once its outputs are known; without secrets. */
function grounds(hosts: readonly Host[]): pulumi.Output<Ground[]> {
  return pulumi.all(
    hosts.map(({ name, role, lost, labels, taints, kubelet, size, address, connection }) => {
      const hostKey = pulumi.unsecret(connection).apply((endpoint) => endpoint.hostKey ?? "");
      return pulumi
        .all([address, hostKey])
        .apply(([at, key]) => ({ name, role, lost, labels, taints, kubelet, size, address: at, hostKey: key }));
    }),
  );
}
