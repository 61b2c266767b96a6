import { controlPlaneImages, images } from "../../components/artifacts/images";
import type { KubernetesRelease } from "../../components/artifacts/kubernetesReleases";
import { versions } from "../../components/artifacts/versions";
import { directoryVariable, type Recipe } from "../engine/recipe";
import { debianSettings, imageDebian } from "./debian";
import { calico, components, crane, firstRelease, localPath, pause } from "./goCluster";
import { programsOf, slug } from "./goReleases";
import { mirrorServer } from "./mirrorServer";
import type { Piece } from "./piece";

/** Container images under the names that manifests use. One recipe an image, so that a change of one builds one. */

/** Those that don't come with Kubernetes. */
const others = {
  kafka: [
    kafkaImage("kafka", images.kafka, versions.kafka),
    kafkaImage("kafka-before", images.kafkaBefore, versions.kafkaBefore),
  ],
  node: debianImage("node", images.node, "node.sh", {
    inputs: ["toolchain/images/sha256sums"],
    settings: { VERSION: versions.node },
    usual: { seconds: 15, megabytes: 45 },
  }),
  nginx: debianImage("nginx", images.nginx, "nginx.sh", { inputs: ["toolchain/images/nginx.conf"] }),
  busybox: image("busybox", images.localPath.helper, "busybox.sh", { settings: debianSettings }),
  calico: [
    image("calico-cni", images.calico.cni, "calico/cni.sh", { needs: [calico, components] }),
    image("calico-kube-controllers", images.calico.kubeControllers, "calico/kube-controllers.sh", { needs: [calico] }),
    debianImage("calico-node", images.calico.node, "calico/node.sh", { needs: [calico] }),
  ],
  localPath: staticImage("local-path", images.localPath.provisioner, localPath, [
    ["local-path-provisioner", "/usr/bin/local-path-provisioner"],
  ]),
};

/** All images that a stack with a Kubernetes release needs. Their order is part of the mirror's key. */
export function imagesOf(release: KubernetesRelease): Piece[] {
  const { kubernetes, etcd, coredns } = programsOf(release);
  const ofControlPlane = (repository: string, programs: Recipe, files: [string, string][], runAs?: string) =>
    staticImage(...namesOf(release, repository), programs, files, runAs);
  const inBin = (...programs: string[]) => programs.map((name): [string, string] => [name, `/usr/local/bin/${name}`]);

  const recipes = [
    ...others.kafka,
    others.node,
    others.nginx,
    debianImage(...namesOf(release, "kube-proxy"), "kube-proxy.sh", { needs: [kubernetes] }),
    others.busybox,
    ...others.calico,
    ...["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((program) =>
      ofControlPlane(program, kubernetes, inBin(program)),
    ),
    ofControlPlane("etcd", etcd, inBin("etcd", "etcdctl", "etcdutl")),
    ofControlPlane("coredns/coredns", coredns, [["coredns", "/coredns"]]),
    ofControlPlane("pause", pause, [["pause", "/pause"]], "65535:65535"),
    others.localPath,
  ];
  return recipes.map((recipe) => ({ recipe, brings: [recipe.summary] }));
}

/**
 * The name of an image's recipe, and of the image. Only recipes of images that the first release asks for have no version in their
 * names, so that a release which asks for the same image shares its recipe.
 */
function namesOf(release: KubernetesRelease, repository: string): [recipe: string, reference: string] {
  const reference = controlPlaneImages(release.version).find((each) =>
    each.startsWith(`registry.k8s.io/${repository}:`),
  );
  if (!reference) throw new Error(`controlPlaneImages has no ${repository}`);
  const [name = "", tag = ""] = reference.slice(reference.lastIndexOf("/") + 1).split(":");
  const isFirsts = controlPlaneImages(firstRelease.version).includes(reference);
  return [isFirsts ? name : slug(`${name}-${tag}`), reference];
}

export function image(name: string, reference: string, script: string, more: Partial<Recipe> = {}): Recipe {
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

export function debianImage(name: string, reference: string, script: string, more: Partial<Recipe> = {}): Recipe {
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

/** @param files programs, each with its path in the image; the first one is the entry point */
function staticImage(
  name: string,
  reference: string,
  programs: Recipe,
  files: [program: string, path: string][],
  runAs = "0:0",
): Recipe {
  const list = files.map((file) => file.join(":"));
  const settings = { FROM: directoryVariable(programs), FILES: list.join(" "), RUN_AS: runAs };
  return image(name, reference, "static.sh", { settings, needs: [programs] });
}
