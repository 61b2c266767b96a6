/** Which file may import which: CONTRIBUTING.md says why. */

/** From hosts to the proof that Kafka works: a component knows none that comes after it. */
const layers = ["addresses", "artifacts", "hosts", "cluster", "(network|storage)", "programs", "kafka", "verification"];

/** Files that only decide: they can be tested without an engine, and bundled into programs that run in pods. */
const pure = [
  "^components/(addresses|artifacts)/",
  "^components/(failures|cluster/(apiClient|unreachable))[.]ts$",
  "^components/.*/(plan|settings|protocol|changes|inPod)/",
  "^components/.*([pP]lan|Config|[mM]anifest|[pP]roperties|[mM]emory|[eE]xpectation|[rR]eport|/actions|/labels|/place|/fingerprint)[.]ts$",
  "^config/(?!loadConfig[.])",
  "^stacks/(?!(goesWith|platform)[.])",
];

/** What opens connections, and what declares things that live behind one. */
const clients = [
  "^(node:)?(net|tls|http|https|http2|dgram)$",
  "(^|/)node_modules/(kafkajs|ws|@pulumi/(command|kubernetes|gcp)|@kubernetes)(/|$)",
];

const loaded = { dependencyTypesNot: ["type-only"] };

const rules = [
  {
    name: "no-cycle",
    comment: "Files that need each other, be it for types alone, are one file, or lack a third.",
    from: {},
    to: { circular: true },
  },
  {
    name: "pure-files-import-no-pulumi",
    from: { path: pure },
    to: { path: "^node_modules/@pulumi/", ...loaded },
  },
  {
    name: "pure-files-import-pure-files",
    comment: "Else Pulumi comes in by the back door.",
    from: { path: pure },
    to: { path: "^(index|config|stacks|components)", pathNot: pure, ...loaded },
  },
  ...layers.slice(0, -1).map((layer, index) => ({
    name: `${layer.replace(/\W+/g, "-").replace(/^-|-$/g, "")}-knows-nothing-after-it`,
    from: { path: `^components/${layer}/` },
    to: { path: `^components/(${layers.slice(index + 1).join("|")})/` },
  })),
  {
    name: "components-know-no-stack",
    comment: "Components are for any stack; a stack is made of components.",
    from: { path: "^components/" },
    to: { path: "^(index[.]ts|config|stacks|toolchain|docs|tests)" },
  },
  {
    name: "config-knows-no-stack",
    comment: "A config is read and judged before anything is made of it.",
    from: { path: "^config/" },
    to: { path: "^(index[.]ts|stacks|toolchain|docs|tests)" },
  },
  {
    name: "config-imports-no-clients",
    comment: "A config is judged from its text alone: no import leads to a client of anything, be it for types.",
    from: { path: "^config/" },
    to: { path: clients, reachable: true },
  },
  {
    name: "stacks-know-no-toolchain",
    comment: "The program plans the same wherever it runs; what a machine knows comes by the environment.",
    from: { path: "^stacks/" },
    to: { path: "^(index[.]ts|toolchain|docs|tests)" },
  },
  {
    name: "the-toolchain-imports-pure-files",
    comment: "Versions and plans; it runs before there is an engine.",
    from: { path: "^toolchain/" },
    to: { path: "^(index[.]ts|config|stacks|components|docs|tests)", pathNot: pure },
  },
  { name: "imports-exist", from: {}, to: { couldNotResolve: true } },
];

module.exports = {
  forbidden: rules.map((rule) => ({ severity: "error", ...rule })),
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: "specify",
  },
};
