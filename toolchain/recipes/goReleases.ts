import type { KubernetesRelease } from "../../components/artifacts/kubernetesReleases";
import type { Recipe } from "../engine/recipe";
import { components, coredns, criToolsVariables, firstRelease, kubernetes, kubernetesVariables } from "./goCluster";
import { goRecipe, type GoPrograms } from "./goRecipe";

/** Recipes of the programs that belong to a Kubernetes release. */
export interface ReleasePrograms {
  /** kubeadm, kubelet, kubectl, kube-apiserver, kube-controller-manager, kube-scheduler and kube-proxy. */
  readonly kubernetes: Recipe;
  /** etcd, etcdctl and etcdutl. */
  readonly etcd: Recipe;
  readonly coredns: Recipe;
  /** crictl. */
  readonly criTools: Recipe;
  /** The CNI reference plugins. */
  readonly cni: Recipe;
}

/** Recipes by PROGRAM-VERSION: releases with the same version of a program share its recipe. */
const recipes = new Map<string, Recipe>([
  [`kubernetes-${firstRelease.version}`, kubernetes],
  [`etcd-${etcdVersion(firstRelease)}`, components],
  [`coredns-${corednsVersion(firstRelease)}`, coredns],
  [`cri-tools-${firstRelease.criTools}`, components],
  [`cni-${firstRelease.kubernetesCni}`, components],
]);

/** The recipes of a release's programs. toolchain/scripts/pin-release.sh writes their modules. */
export function programsOf(release: KubernetesRelease): ReleasePrograms {
  const { version, criTools, kubernetesCni } = release;
  return {
    kubernetes: pinned("kubernetes", version, {
      summary: `Kubernetes ${version}`,
      variables: kubernetesVariables(release),
      usual: { seconds: 300, megabytes: 540 },
    }),
    etcd: pinned("etcd", etcdVersion(release), {
      summary: `etcd ${etcdVersion(release)}`,
      rename: { server: "etcd" },
      usual: { seconds: 60, megabytes: 60 },
    }),
    coredns: pinned("coredns", corednsVersion(release), {
      summary: `CoreDNS ${release.coredns}`,
      usual: { seconds: 90, megabytes: 75 },
    }),
    criTools: pinned("cri-tools", criTools, {
      summary: `crictl ${criTools}`,
      variables: criToolsVariables(release),
      usual: { seconds: 30, megabytes: 40 },
    }),
    cni: pinned("cni", kubernetesCni, {
      summary: `the CNI plugins ${kubernetesCni}`,
      usual: { seconds: 10, megabytes: 70 },
    }),
  };
}

function pinned(program: string, version: string, more: Omit<GoPrograms, "name">): Recipe {
  const id = `${program}-${version}`;
  const recipe = recipes.get(id) ?? goRecipe({ ...more, name: slug(id), as: program, folder: `toolchain/go/${id}` });
  recipes.set(id, recipe);
  return recipe;
}

/** A version in a recipe's name, from which scripts make a variable's name. @example slug("pause-3.10.2") // "pause-3-10-2" */
export function slug(text: string): string {
  return text.replaceAll(".", "-");
}

/** Version of etcd in an image's tag, which ends with the image's own revision. @example "3.6.5" of "3.6.5-0" */
function etcdVersion({ etcd }: KubernetesRelease): string {
  return etcd.replace(/-\d+$/, "");
}

function corednsVersion({ coredns: tag }: KubernetesRelease): string {
  return tag.replace(/^v/, "");
}
