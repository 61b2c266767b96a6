/**
 * The chosen ones of Kubernetes' conformance tests, by what they cover. A name is the test's own, with its SIG and
 * without further tags: releases write those in different places.
 *
 * Left out are:
 * - SchedulerPreemption, NoExecuteTaintManager, and tests of Node objects and full nodes: they evict pods, and taint or
 *   fill nodes, while Kafka's brokers run beside them;
 * - a host port in conflict, probes that must not restart a container, CronJobs, watches of custom resources, and most
 *   of what else waits for a minute and more: the aim is ten minutes for all tests together;
 * - updates of StatefulSets: 1.34 needs a second release of Apache's web server;
 * - the sample API server, Nautilus, guestbook, nginx and private registries: they need further images;
 * - sig-cli: it tests kubectl, which isn't part of the cluster;
 * - Sysctls, RuntimeClass, CSI, VolumeAttachment and others that no stack of this program uses;
 * - the same test with other modes, users, media or kinds: one of each sort stands for the others.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/test/conformance/testdata/conformance.yaml
 */
export const chosenTests: Readonly<Record<string, readonly string[]>> = {
  "pods' lifecycle": [
    "[sig-node] Pods should be submitted and removed",
    "[sig-node] Pods should be updated",
    "[sig-node] Pods should delete a collection of pods",
    "[sig-node] Pods should patch a pod status",
    "[sig-node] Pods should support remote command execution over websockets",
    "[sig-node] Pods should support retrieving logs from the container over websockets",
    "[sig-node] InitContainer should invoke init containers on a RestartAlways pod",
    "[sig-node] Ephemeral Containers will start an ephemeral container in an existing pod",
    "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute prestop http hook properly",
    "[sig-node] PreStop should call prestop when killing a pod",
    "[sig-node] Probing container should be restarted with a /healthz http liveness probe",
    "[sig-node] Container Runtime blackbox test on terminated container should report termination message from log output if TerminationMessagePolicy FallbackToLogsOnError is set",
    "[sig-node] Downward API should provide pod name, namespace and IP address as env vars",
    "[sig-node] Kubelet when scheduling an agnhost Pod with hostAliases should write entries to /etc/hosts",
    "[sig-node] Security Context When creating a container with runAsUser should run the container with uid 65534",
    "[sig-node] Lease lease API should be available",
  ],
  "ConfigMaps, Secrets and other volumes": [
    "[sig-node] ConfigMap should be consumable via the environment",
    "[sig-node] Secrets should be consumable from pods in env vars",
    "[sig-storage] ConfigMap should be consumable from pods in volume",
    "[sig-storage] ConfigMap should be immutable if `immutable` field is set",
    "[sig-storage] ConfigMap updates should be reflected in volume",
    "[sig-storage] Secrets should be consumable from pods in volume",
    "[sig-storage] Secrets should be consumable from pods in volume as non-root with defaultMode and fsGroup set",
    "[sig-storage] Projected combined should project all components that make up the projection API",
    "[sig-storage] Downward API volume should provide podname only",
    "[sig-storage] EmptyDir volumes pod should support shared volumes between containers",
    "[sig-storage] Subpath Atomic writer volumes should support subpaths with configmap pod",
    "[sig-storage] PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC",
  ],
  "the network between pods and hosts": [
    "[sig-network] Networking Granular Checks: Pods should function for intra-pod communication: http",
    "[sig-network] Networking Granular Checks: Pods should function for intra-pod communication: udp",
    "[sig-network] Networking Granular Checks: Pods should function for node-pod communication: http",
    "[sig-network] HostPort validates that there is no conflict between pods with same hostPort but different hostIP and protocol",
  ],
  "services and their endpoints": [
    "[sig-network] Services should serve a basic endpoint from pods",
    "[sig-network] Services should serve multiport endpoints from pods",
    "[sig-network] Services should serve endpoints on same port and different protocols",
    "[sig-network] Services should be able to create a functioning NodePort service",
    "[sig-network] Services should be able to change the type from ExternalName to ClusterIP",
    "[sig-network] Services should have session affinity work for service with type clusterIP",
    "[sig-network] Services should complete a service status lifecycle",
    "[sig-network] EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices",
    "[sig-network] EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete",
  ],
  DNS: [
    "[sig-network] DNS should provide DNS for the cluster",
    "[sig-network] DNS should provide DNS for services",
    "[sig-network] DNS should provide DNS for pods for Hostname",
    "[sig-network] DNS should provide DNS for ExternalName services",
    "[sig-network] DNS should support configurable pod DNS nameservers",
  ],
  "proxies of the API servers": [
    "[sig-network] Proxy version v1 should proxy through a service and a pod",
    "[sig-network] Proxy version v1 A set of valid responses are returned for both pod and service ProxyWithPath",
  ],
  "controllers of workloads": [
    "[sig-apps] StatefulSet Basic StatefulSet functionality Scaling should happen in predictable order and halt if any stateful pod is unhealthy",
    "[sig-apps] StatefulSet Basic StatefulSet functionality should have a working scale subresource",
    "[sig-apps] StatefulSet Basic StatefulSet functionality should list, patch and delete a collection of StatefulSets",
    "[sig-apps] Deployment Deployment should have a working scale subresource",
    "[sig-apps] Deployment RollingUpdateDeployment should delete old pods and create new ones",
    "[sig-apps] ReplicaSet should serve a basic image on each replica with a public image",
    "[sig-apps] Daemon set should run and stop simple daemon",
    "[sig-apps] Job should create pods for an Indexed job with completion indexes and specified hostname",
    "[sig-apps] Job should delete a job",
    "[sig-apps] DisruptionController should block an eviction until the PDB is updated to allow it",
  ],
  scheduling: [
    "[sig-scheduling] SchedulerPredicates validates that NodeSelector is respected if matching",
    "[sig-scheduling] SchedulerPredicates validates that NodeSelector is respected if not matching",
    "[sig-scheduling] LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied.",
    "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a pod.",
  ],
  "the API's machinery": [
    "[sig-api-machinery] Watchers should observe add, update, and delete watch notifications on configmaps",
    "[sig-api-machinery] Watchers should be able to restart watching from the last resource version observed by the previous watch",
    "[sig-api-machinery] Watchers should receive events on concurrent watches in same order",
    "[sig-api-machinery] Garbage collector should delete pods created by rc when not orphaning",
    "[sig-api-machinery] Garbage collector should delete RS created by deployment when not orphaning",
    "[sig-api-machinery] Garbage collector should not be blocked by dependency circle",
    "[sig-api-machinery] Namespaces should ensure that all pods are removed when a namespace is deleted",
    "[sig-api-machinery] Namespaces should ensure that all services are removed when a namespace is deleted",
    "[sig-api-machinery] OrderedNamespaceDeletion namespace deletion should delete pod first",
    "[sig-api-machinery] CustomResourceDefinition resources Simple CustomResourceDefinition creating/deleting custom resource definition objects works",
    "[sig-api-machinery] AdmissionWebhook should be able to deny pod and configmap creation",
    "[sig-api-machinery] AdmissionWebhook should mutate configmap",
    "[sig-api-machinery] ValidatingAdmissionPolicy should validate against a Deployment",
    "[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed object",
    "[sig-api-machinery] Servers with support for API chunking should return chunks of results for list calls",
    "[sig-api-machinery] server version should find the server version",
    "[sig-instrumentation] Events API should ensure that an event can be fetched, patched, deleted, and listed",
  ],
  "service accounts and rights": [
    "[sig-auth] ServiceAccounts should mount an API token into pods",
    "[sig-auth] ServiceAccounts should mount projected service account token",
    "[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview",
    "[sig-auth] ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace",
    "[sig-auth] ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer",
    "[sig-auth] SubjectReview should support SubjectReview API operations",
    "[sig-auth] Certificates API should support CSR API operations",
  ],
};
