import { directoryVariable, type Recipe } from "../engine/recipe";
import { debianSettings } from "./debian";
import { kubernetesVariables } from "./goCluster";
import { goRecipe } from "./goRecipe";
import { slug } from "./goReleases";
import { debianImage, image } from "./images";

/** Kubernetes' own conformance tests. Only `make toolchain conformance=yes` builds them. */

/** A release whose tests can be run, on clusters of the same minor version. */
export interface ConformanceRelease {
  /** Exact version of the tests. @example "1.34.4" */
  readonly version: string;
  /** Images that the tests want by these names, as `e2e.test --list-images` prints them. */
  readonly images: {
    /** The program that runs in most of the tests' pods. */
    readonly agnhost: string;
    /** An earlier agnhost, which workloads begin with. In the mirror it is the same program. */
    readonly agnhostBefore?: string;
    readonly busybox: string;
    /** Looks names up as programs with glibc do. */
    readonly dnsutils: string;
    /** The web server of StatefulSets, where the tests want another one than agnhost. */
    readonly httpd?: string;
  };
}

const registry = "registry.k8s.io/e2e-test-images";

/** Tests of the oldest minor version that stacks can run, and of the newest one. Oldest first. */
export const conformanceReleases: readonly ConformanceRelease[] = [
  {
    version: "1.34.4",
    images: {
      agnhost: `${registry}/agnhost:2.56`,
      busybox: `${registry}/busybox:1.37.0-1`,
      dnsutils: `${registry}/jessie-dnsutils:1.7`,
      httpd: `${registry}/httpd:2.4.38-4`,
    },
  },
  {
    version: "1.37.2",
    images: {
      agnhost: `${registry}/agnhost:2.66.1`,
      agnhostBefore: `${registry}/agnhost:2.55`,
      busybox: `${registry}/busybox:1.37.0-2`,
      dnsutils: `${registry}/glibc-dns-testing:2.1.1`,
    },
  },
];

/**
 * The tests for a cluster.
 *
 * @param version of its API servers @example "1.34.3"
 * @throws Error if there are none for its minor version
 */
export function conformanceFor(version: string): ConformanceRelease {
  const minorOf = (text: string) => text.split(".").slice(0, 2).join(".");
  const release = conformanceReleases.find((each) => minorOf(each.version) === minorOf(version));
  if (release) return release;
  const there = conformanceReleases.map((each) => minorOf(each.version)).join(", ");
  throw new Error(`there are no conformance tests for Kubernetes ${version}, but for ${there}`);
}

/** e2e.test with the tests, ginkgo, which runs several at a time, kubectl, which they call, and agnhost. */
export const conformancePrograms: readonly Recipe[] = conformanceReleases.map(({ version, images }) => {
  const programs = goRecipe({
    name: slug(`conformance-${version}`),
    summary: `Kubernetes' conformance tests ${version}`,
    as: "conformance",
    folder: `toolchain/go/conformance-${version}`,
    variables: kubernetesVariables({ version }),
    usual: { seconds: 300, megabytes: 225 },
  });
  return {
    ...programs,
    inputs: [...programs.inputs, programs.script],
    settings: { ...programs.settings, IMAGES: Object.values(images).join(" ") },
    script: "toolchain/scripts/build-conformance.sh",
  };
});

/** The images of all releases' tests. They also need the pause image, which comes with Kubernetes. */
export const conformanceImages: readonly Recipe[] = conformanceReleases.flatMap(({ version, images }, index) => {
  const name = (program: string) => slug(`conformance-${program}-${version}`);
  const programs = conformancePrograms[index]!;
  const agnhost = (recipe: string, reference: string) =>
    debianImage(name(recipe), reference, "conformance/agnhost.sh", {
      settings: { FROM: directoryVariable(programs) },
      needs: [programs],
      usual: { seconds: 10, megabytes: 61 },
    });
  const ofBusybox = { settings: debianSettings };
  return [
    agnhost("agnhost", images.agnhost),
    ...(images.agnhostBefore === undefined ? [] : [agnhost("agnhost-before", images.agnhostBefore)]),
    image(name("busybox"), images.busybox, "busybox.sh", ofBusybox),
    debianImage(name("dnsutils"), images.dnsutils, "conformance/dnsutils.sh"),
    ...(images.httpd === undefined ? [] : [image(name("httpd"), images.httpd, "conformance/httpd.sh", ofBusybox)]),
  ];
});
