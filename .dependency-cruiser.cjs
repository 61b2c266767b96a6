/** Which file may import which: CONTRIBUTING.md says why. */

/** From hosts to the proof that Kafka works: a component knows none that comes after it. */
const layers = ["addresses", "artifacts", "hosts", "cluster", "(network|storage)", "programs", "kafka", "verification"];

/** Free of Pulumi's engine: such a file can be tested without one, and bundled into a program that runs in a pod. */
const engineFree = [
  "^components/(addresses|artifacts)/",
  "^components/(failures|cluster/(apiClient|kubeconfig|leastMemory|unreachable))[.]ts$",
  "^components/kafka/(plan|settings|protocol|changes|issuing)/",
  "^components/(programs|verification)/inPod/",
  "^components/.*([pP]lan|Config|[mM]anifest|[eE]xpectation|[rR]eport|/actions|Marks|/labels|/place)[.]ts$",
  "^config/(?!loadConfig[.])",
  "^stacks/(?!(goesWith|platform|recordedResources)[.])",
];

/** What opens connections, and what declares things that live behind one. */
const clients = [
  "^(node:)?(child_process|cluster|dgram|dns|http|http2|https|inspector|module|net|tls|worker_threads)(/|$)",
  "(^|/)node_modules/(kafkajs|ws|google-protobuf|@grpc|@pulumi/(command|kubernetes|gcp)|@kubernetes)(/|$)",
];

/** Rooms of components/kafka, each with those that it may use beside itself. The components put them together. */
const kafkaRooms = {
  plan: [],
  settings: ["plan"],
  protocol: [],
  changes: ["plan", "settings", "protocol"],
  issuing: ["plan", "protocol"],
  observed: ["plan", "settings", "protocol", "changes"],
  declared: ["plan", "settings"],
};

const loaded = { dependencyTypesNot: ["type-only"] };

const rules = [
  {
    name: "no-cycle",
    comment: "Files that need each other, be it for types alone, are one file, or lack a third.",
    from: {},
    to: { circular: true },
  },
  {
    name: "engine-free-files-import-no-pulumi",
    from: { path: engineFree },
    to: { path: "^node_modules/@pulumi/", ...loaded },
  },
  {
    name: "engine-free-files-import-engine-free-files",
    comment: "Else Pulumi comes in by the back door.",
    from: { path: engineFree },
    to: { path: "^(index|config|stacks|components)", pathNot: engineFree, ...loaded },
  },
  ...Object.entries(kafkaRooms).map(([room, others]) => ({
    name: `kafka-${room}-keeps-to-its-rooms`,
    comment: "A type that both ends of a Job know is free.",
    from: { path: `^components/kafka/${room}/` },
    to: { path: "^components/kafka/", pathNot: `^components/kafka/(${[room, ...others].join("|")})/`, ...loaded },
  })),
  {
    name: "kafka-plan-and-settings-decide-alone",
    comment:
      "The same config is the same plan, wherever it is read: nothing is asked, and no files are read but Kafka's definitions.",
    from: { path: "^components/kafka/(plan|settings)/" },
    to: { path: "^components/", pathNot: "^components/kafka/(plan|settings)/" },
  },
  {
    name: "kafka-plan-and-settings-reach-nothing",
    from: { path: "^components/kafka/(plan|settings)/" },
    to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|fs|path)$" },
  },
  {
    name: "what-observes-declares-nothing",
    comment: "A look at the running cluster makes no resource.",
    from: { path: ["^components/kafka/observed/", "^components/programs/starts/"] },
    to: { path: "^node_modules/@pulumi/kubernetes/" },
  },
  {
    name: "starts-know-only-a-jobs-marks",
    from: { path: "^components/programs/starts/" },
    to: { path: "^components/programs/", pathNot: "^components/programs/(starts/|jobMarks[.]ts$)" },
  },
  {
    name: "what-declares-asks-nobody",
    comment: "What is declared follows from the config alone; what a preview has seen comes in as an input.",
    from: { path: ["^components/kafka/declared/", "^components/(programs|verification)/[^/]+$"] },
    to: { path: "^components/(cluster|programs/inPod|verification/(inPod|health))/", ...loaded },
  },
  {
    name: "pods-know-nothing-of-previews",
    comment: "A pod asks Kafka and Kubernetes itself, from inside.",
    from: { path: "^components/(.*/inPod|kafka/(changes|issuing))/" },
    to: { path: "^components/(kafka/observed|verification/health)/" },
  },
  {
    name: "components-have-a-layer",
    comment: "Else no rule holds in a new folder. components/interrupted knows only Pulumi's state.",
    from: { path: "^components/[^/]+/", pathNot: `^components/(${layers.join("|")})/` },
    to: { path: "^(components/[^/]+/|config|stacks)", pathNot: "^components/interrupted/" },
  },
  {
    name: "kafka-has-no-other-rooms",
    comment: "Else no rule holds in a new folder.",
    from: { path: "^components/kafka/[^/]+/", pathNot: `^components/kafka/(${Object.keys(kafkaRooms).join("|")})/` },
    to: {},
  },
  {
    name: "nothing-comes-from-unknown-folders",
    from: {},
    to: {
      path: "^components/([^/]+|kafka/[^/]+)/[^/]+",
      pathNot: [
        `^components/(${layers.filter((layer) => layer !== "kafka").join("|")}|interrupted)/`,
        "^components/kafka/[^/]+$",
        `^components/kafka/(${Object.keys(kafkaRooms).join("|")})/`,
      ],
    },
  },
  {
    name: "kafka-protocol-stands-alone",
    comment: "Kafka's wire protocol, for pods and for previews.",
    from: { path: "^components/kafka/protocol/" },
    to: { path: "^components/", pathNot: "^components/(failures[.]ts$|kafka/protocol/)" },
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
    name: "the-toolchain-imports-engine-free-files",
    comment: "Versions and plans; it runs before there is an engine.",
    from: { path: "^toolchain/" },
    to: { path: "^(index[.]ts|config|stacks|components|docs|tests)", pathNot: engineFree },
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
