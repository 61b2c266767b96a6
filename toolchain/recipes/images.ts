import { controlPlaneImages, images } from "../../components/artifacts/images";
import { versions } from "../../components/artifacts/versions";
import { directoryVariable, type Recipe } from "../engine/recipe";
import { debianSettings, imageDebian } from "./debian";
import { calico, components, coredns, crane, kubernetes, localPath } from "./goCluster";
import { mirrorServer } from "./mirrorServer";

/** Container images under the names that manifests use. One recipe an image, so that a change of one builds one. */

const ofControlPlane = (repository: string) => {
  const name = controlPlaneImages.find((image) => image.startsWith(`registry.k8s.io/${repository}:`));
  if (!name) throw new Error(`controlPlaneImages has no ${repository}`);
  return name;
};

/** Nothing but static programs. */
const staticImages = [
  ...["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((program) =>
    staticImage(program, ofControlPlane(program), kubernetes, { [program]: `/usr/local/bin/${program}` }),
  ),
  staticImage("etcd", ofControlPlane("etcd"), components, {
    etcd: "/usr/local/bin/etcd",
    etcdctl: "/usr/local/bin/etcdctl",
  }),
  staticImage("coredns", ofControlPlane("coredns/coredns"), coredns, { coredns: "/coredns" }),
  staticImage("pause", images.pause, kubernetes, { pause: "/pause" }, "65535:65535"),
  staticImage("local-path", images.localPath.provisioner, localPath, {
    "local-path-provisioner": "/usr/bin/local-path-provisioner",
  }),
];

const calicoImages = [
  image("calico-cni", images.calico.cni, "calico/cni.sh", { needs: [calico, components] }),
  image("calico-kube-controllers", images.calico.kubeControllers, "calico/kube-controllers.sh", { needs: [calico] }),
  debianImage("calico-node", images.calico.node, "calico/node.sh", { needs: [calico] }),
];

export const imageRecipes: Recipe[] = [
  kafkaImage("kafka", images.kafka, versions.kafka),
  kafkaImage("kafka-before", images.kafkaBefore, versions.kafkaBefore),
  debianImage("node", images.node, "node.sh", {
    inputs: ["toolchain/images/sha256sums"],
    settings: { VERSION: versions.node },
    usual: { seconds: 15, megabytes: 45 },
  }),
  debianImage("nginx", images.nginx, "nginx.sh", { inputs: ["toolchain/images/nginx.conf"] }),
  debianImage("kube-proxy", ofControlPlane("kube-proxy"), "kube-proxy.sh", { needs: [kubernetes] }),
  image("busybox", images.localPath.helper, "busybox.sh", { settings: debianSettings }),
  ...calicoImages,
  ...staticImages,
];

function image(name: string, reference: string, script: string, more: Partial<Recipe> = {}): Recipe {
  return {
    usual: { seconds: 5, megabytes: 25 },
    ...more,
    name: `image-${name}`,
    summary: reference,
    inputs: ["toolchain/images/lib", ...(more.inputs ?? [])],
    settings: { IMAGE: reference, ...more.settings },
    needs: [crane, mirrorServer, ...(more.needs ?? [])],
    script: `toolchain/images/${script}`,
  };
}

function debianImage(name: string, reference: string, script: string, more: Partial<Recipe> = {}): Recipe {
  const settings = { ...debianSettings, ...more.settings };
  return image(name, reference, script, { ...more, settings, needs: [imageDebian, ...(more.needs ?? [])] });
}

function kafkaImage(name: string, reference: string, version: string): Recipe {
  return debianImage(name, reference, "kafka/build.sh", {
    inputs: ["toolchain/images/kafka", "toolchain/images/sha256sums"],
    settings: { VERSION: version },
    tools: { mvn: "maven", ip: "iproute2" },
    usual: { seconds: 60, megabytes: 145 },
  });
}

/** @param files path in the image by program; the first one is the entry point */
function staticImage(
  name: string,
  reference: string,
  programs: Recipe,
  files: Record<string, string>,
  runAs = "0:0",
): Recipe {
  const list = Object.entries(files).map(([program, place]) => `${program}:${place}`);
  const settings = { FROM: directoryVariable(programs.name), FILES: list.join(" "), RUN_AS: runAs };
  return image(name, reference, "static.sh", { settings, needs: [programs] });
}
