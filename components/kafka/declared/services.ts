import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels, podLabels } from "../plan/labels";
import {
  listeners,
  listenersOf,
  outside,
  podName,
  quorumService,
  type KafkaPlan,
  type KafkaPool,
} from "../plan/kafkaPlan";

const port = (listener: { name: string; port: number }) => ({ name: listener.name.toLowerCase(), port: listener.port });

/**
 * A StatefulSet has to name one. Kafka uses `brokerServices` and `quorumServices`; voters that earlier versions started know
 * each other by this one until they are rolled.
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
        ports: listenersOf(pool).map(port),
      },
    },
    opts,
  );
}

/**
 * Gives each broker of a pool a name and an address that stay when its pod is replaced. Names and addresses of pods change: for
 * half a minute resolvers and JVMs go on giving out the old address, which nothing answers, so that brokers and clients wait
 * for a connection until they give it up, ten to thirty seconds by default. While no pod is ready, kube-proxy refuses
 * connections at once; launch.sh keeps a pod that has stopped until kube-proxy does.
 */
export function brokerServices(
  plan: KafkaPlan,
  pool: KafkaPool,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service[] {
  if (pool.role !== "broker") return [];
  return pool.nodes.map((node) => {
    const pod = podName(pool, node);
    return podService(plan, pool, pod, { name: pod, ports: [listeners.cluster, listeners.nodes].map(port) }, opts);
  });
}

/** The same for the nodes that vote, also before they are ready: voters have to find each other to become ready. */
export function quorumServices(
  plan: KafkaPlan,
  pool: KafkaPool,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service[] {
  const voters = pool.nodes.filter(({ id }) => plan.voters.includes(id));
  return voters.map((node) => {
    const pod = podName(pool, node);
    const args = { name: quorumService(pod), ports: [port(listeners.controller)], publishNotReadyAddresses: true };
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
  // Its pod comes later: waiting for it would wait for ever.
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

/** The one address that clients start from: any ready broker answers, and names the others. */
export function bootstrapService(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    plan.bootstrapService,
    {
      metadata: {
        name: plan.bootstrapService,
        namespace: plan.namespace,
        labels: labels(plan),
        // The provider would wait for endpoints, in steps of ten seconds. The brokers' readiness is awaited where they are.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: { selector: labels(plan), ports: [port(listeners.cluster), port(listeners.nodes)] },
    },
    opts,
  );
}

/**
 * A port on every host for each broker, so that a client outside reaches the very one that leads a partition.
 *
 * @param firstPort port of the first broker; the others follow
 */
export function outsideServices(plan: KafkaPlan, firstPort: number, opts: pulumi.CustomResourceOptions): void {
  for (const id of plan.brokers) {
    const pod = `${plan.name}-${id}`;
    const name = `${pod}-outside`;
    new k8s.core.v1.Service(
      name,
      {
        // Its pod comes later: waiting for it would wait for ever.
        metadata: { name, namespace: plan.namespace, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          type: "NodePort",
          selector: podLabels(plan, pod),
          ports: [{ ...port(outside), nodePort: firstPort + id }],
        },
      },
      opts,
    );
  }
}
