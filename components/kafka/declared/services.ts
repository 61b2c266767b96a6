import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels, podLabels } from "../plan/labels";
import {
  brokerListeners,
  listenersOf,
  type OutsideListener,
  podName,
  quorumListeners,
  quorumService,
  type KafkaPlan,
  type KafkaPool,
} from "../plan/kafkaPlan";

const port = (listener: { name: string; port: number }) => ({ name: listener.name.toLowerCase(), port: listener.port });

/**
 * The headless Service that every StatefulSet needs. Kafka uses `brokerServices` and `quorumServices` instead; only
 * voters that earlier versions of this program started find each other by this one, until they are rolled.
 */
export function headlessService(
  plan: KafkaPlan,
  pool: KafkaPool,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    pool.headlessService,
    {
      metadata: { name: pool.headlessService, namespace: plan.namespace, labels: labels(pool) },
      spec: {
        clusterIP: "None",
        publishNotReadyAddresses: true,
        selector: labels(pool),
        ports: listenersOf(pool, plan.encryption).map(port),
      },
    },
    opts,
  );
}

/**
 * A Service for each broker of a pool, whose name and address stay when the pod is replaced. A pod's own address
 * changes: resolvers and JVMs cache the old one for half a minute, and connections to it time out only after ten to
 * thirty seconds. With a Service, kube-proxy refuses connections at once while no pod is ready. Until kube-proxy does,
 * launch.sh keeps a stopped pod alive.
 */
export function brokerServices(
  plan: KafkaPlan,
  pool: KafkaPool,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service[] {
  if (pool.role !== "broker") return [];
  return pool.nodes.map((node) => {
    const pod = podName(pool, node);
    return podService(plan, pool, pod, { name: pod, ports: brokerListeners(plan.encryption).map(port) }, opts);
  });
}

/**
 * A Service for each voter of a pool. It leads to the pod before it is ready: voters need each other to become ready.
 */
export function quorumServices(
  plan: KafkaPlan,
  pool: KafkaPool,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service[] {
  const voters = pool.nodes.filter(({ id }) => plan.voters.includes(id));
  return voters.map((node) => {
    const pod = podName(pool, node);
    const ports = quorumListeners(plan.encryption).map(port);
    const args = { name: quorumService(pod), ports, publishNotReadyAddresses: true };
    return podService(plan, pool, pod, args, opts);
  });
}

function podService(
  plan: KafkaPlan,
  pool: KafkaPool,
  pod: string,
  { name, ...spec }: { name: string } & k8s.types.input.core.v1.ServiceSpec,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
  // The pod is created later, so awaiting the Service's endpoints would never end.
  const annotations = { "pulumi.com/skipAwait": "true" };
  return new k8s.core.v1.Service(
    name,
    {
      metadata: { name, namespace: plan.namespace, labels: labels(pool), annotations },
      spec: { selector: podLabels(pool, pod), ...spec },
    },
    opts,
  );
}

/** The Service that clients start from. Any ready broker answers and names the others. */
export function bootstrapService(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    plan.bootstrapService,
    {
      metadata: {
        name: plan.bootstrapService,
        namespace: plan.namespace,
        labels: labels(plan),
        // The provider would poll for endpoints every ten seconds. The roll's Job waits for the brokers instead.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: { selector: labels(plan), ports: brokerListeners(plan.encryption).map(port) },
    },
    opts,
  );
}

/**
 * A NodePort Service for each broker: clients outside the cluster have to reach the broker that leads a partition.
 *
 * @param outside the listeners, each with the first broker's port; the other brokers have the ports after it
 * @param isClosed whether a policy judges clients by their addresses. Then only the broker's own host answers: another one
 *   forwards packets with its own address, so that every client would look the same
 */
export function outsideServices(
  plan: KafkaPlan,
  outside: readonly OutsideListener[],
  isClosed: boolean,
  opts: pulumi.CustomResourceOptions,
): void {
  for (const id of plan.brokers) {
    const pod = `${plan.name}-${id}`;
    const name = `${pod}-outside`;
    new k8s.core.v1.Service(
      name,
      {
        // The pod is created later, so awaiting the Service's endpoints would never end.
        metadata: { name, namespace: plan.namespace, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          type: "NodePort",
          ...(isClosed && { externalTrafficPolicy: "Local" }),
          selector: podLabels(plan, pod),
          ports: outside.map((each) => ({ ...port(each), nodePort: each.firstPort + id })),
        },
      },
      opts,
    );
  }
}
