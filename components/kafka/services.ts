import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels, podLabels } from "./labels";
import { listeners, outside, podName, type KafkaPlan, type KafkaPool } from "./plan";

const port = (listener: { name: string; port: number }) => ({ name: listener.name.toLowerCase(), port: listener.port });

/** A StatefulSet has to name one. Nothing of Kafka uses it: see `nodeServices`. */
export function headlessService(
  plan: KafkaPlan,
  pool: KafkaPool,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
  const open = pool.role === "controller" ? [listeners.controller] : Object.values(listeners);
  return new k8s.core.v1.Service(
    pool.headlessService,
    {
      metadata: { name: pool.headlessService, namespace: plan.namespace, labels: labels(pool) },
      spec: { clusterIP: "None", publishNotReadyAddresses: true, selector: labels(pool), ports: open.map(port) },
    },
    opts,
  );
}

/**
 * Gives each node of a pool a name and an address that stay when its pod is replaced, also before the pod is ready, since
 * voters have to find each other to become ready. Names and addresses of pods change: for half a minute resolvers and JVMs
 * go on giving out the old address, which nothing answers, so that brokers and clients wait ten seconds for a connection.
 * While there is no pod, kube-proxy refuses connections at once.
 */
export function nodeServices(
  plan: KafkaPlan,
  pool: KafkaPool,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service[] {
  return pool.nodes.map((node) => {
    const name = podName(pool, node);
    const open = [
      ...(pool.role === "broker" ? [listeners.cluster, listeners.nodes] : []),
      ...(node.roles.includes("controller") ? [listeners.controller] : []),
    ];
    return new k8s.core.v1.Service(
      name,
      {
        // Its pod comes later: waiting for it would wait for ever.
        metadata: {
          name,
          namespace: plan.namespace,
          labels: labels(pool),
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: { publishNotReadyAddresses: true, selector: podLabels(pool, name), ports: open.map(port) },
      },
      opts,
    );
  });
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
