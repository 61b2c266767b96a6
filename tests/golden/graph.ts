import type { Description, Descriptions } from "./describe";

/**
 * A stack's dependencies as a Mermaid flowchart. Steps on machines are shown one by one in their component. A component on the cluster is
 * one node, with the number of its objects.
 */
export function drawGraph(stack: Descriptions): string {
  const nodes = new Map<string, string[]>();
  for (const key of Object.keys(stack).filter((each) => isCustom(stack[each]!))) {
    const node = nodeOf(stack, key);
    nodes.set(node, [...(nodes.get(node) ?? []), key]);
  }
  const after = new Map(
    [...nodes].map(([node, keys]) => {
      const before = keys.flatMap((key) => comesAfter(stack[key]!)).map((key) => nodeOf(stack, key));
      return [node, new Set(before.filter((each) => each !== node))];
    }),
  );
  const components = Map.groupBy(
    [...nodes.keys()].filter((node) => isCustom(stack[node]!)),
    (node) => String(stack[node]!["parent"]),
  );
  return [
    "flowchart LR",
    ...[...components].flatMap(([component, steps]) => [
      `  subgraph ${idOf(component)} [${typeOf(component)}]`,
      ...steps.map((step) => `    ${idOf(step)}[${nameOf(step)}]`),
      "  end",
    ]),
    ...[...nodes]
      .filter(([node]) => !isCustom(stack[node]!))
      .map(([node, objects]) => `  ${idOf(node)}[${typeOf(node)}<br>${objects.length} objects]`),
    ...[...nodes.keys()].flatMap((node) => direct(after, node).map((before) => `  ${idOf(before)} --> ${idOf(node)}`)),
  ].join("\n");
}

/** Components register nothing with a provider: they have no inputs. */
function isCustom(description: Description): boolean {
  return "inputs" in description;
}

function nodeOf(stack: Descriptions, key: string): string {
  return key.startsWith("kubernetes:") ? String(stack[key]!["parent"]) : key;
}

function comesAfter({ dependsOn = [], provider = [] }: Description): string[] {
  return [dependsOn, provider].flat().map((reference) => String(reference).replace(/ \(.*/, ""));
}

/** A node's direct dependencies, without those that another one implies. */
function direct(after: ReadonlyMap<string, ReadonlySet<string>>, node: string): string[] {
  const reaches = (from: string, to: string): boolean =>
    [...after.get(from)!].some((each) => each === to || reaches(each, to));
  const before = [...after.get(node)!];
  return before.filter((each) => !before.some((other) => other !== each && reaches(other, each)));
}

const typeOf = (key: string): string => key.split("::")[0]!.split(":").at(-1)!;
const nameOf = (key: string): string => (key.startsWith("pulumi:providers:") ? "provider" : key.split("::")[1]!);
const idOf = (key: string): string => `${typeOf(key)}_${key.split("::")[1]!}`.replaceAll(/[^A-Za-z0-9]+/g, "_");

const markers = { start: "<!-- graph of the dev stack: written by `make golden` -->\n", end: "<!-- end of graph -->" };

/** The page with the graph between its markers. */
export function putGraph(page: string, graph: string): string {
  const [before, rest] = page.split(markers.start);
  const [, after] = rest?.split(markers.end) ?? [];
  if (after === undefined) throw new Error(`the page has no place for the graph: ${markers.start}${markers.end}`);
  return [before, markers.start, "\n```mermaid\n", graph, "\n```\n\n", markers.end, after].join("");
}
