import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "./labels";
import { listeners, outside, type KafkaPlan, type KafkaPool } from "./plan";

const port = (listener: { name: string; port: number }) => ({ name: listener.name.toLowerCase(), port: listener.port });

/**
 * Gives each pod of a pool its DNS name, also before it is ready: voters have to find each other to become ready.
 */
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
          selector: { ...labels(plan), "statefulset.kubernetes.io/pod-name": pod },
          ports: [{ ...port(outside), nodePort: firstPort + id }],
        },
      },
      opts,
    );
  }
}
