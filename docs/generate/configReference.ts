import { allowedValues, type ConfigKey, configRoot } from "../../config/schema/keys";

/** docs/config.md: every key of the config, as the schema describes it. */
export function configReference(): string {
  return [
    "# The stack's config",
    "",
    "<!-- Generated from config/schema/schema.ts by `make docs`: edit the schema, not this page. -->",
    "",
    "These keys can be set in a `Pulumi.STACK.yaml`, below `config:`. `[]` stands for an index of a list, counted from 0:",
    "`bin/pulumi config set --path 'hosts.containers[1].memory' 4g`. That command writes the project's name before each key, as",
    "in `kubeadm-kafka:hosts`, which means the same. [errors.md](errors.md) has the error of each invalid value, with its remedy.",
    ...Object.entries(configRoot.properties ?? {}).flatMap(([name, key]) => section(name, key)),
    "",
  ].join("\n");
}

function section(name: string, key: ConfigKey): string[] {
  const head = ["", `## ${name}`, ""];
  if (key.type !== "object") return [...head, ...table([row(name, key, false)])];
  return [...head, key.description ?? "", "", ...table(rowsBelow(name, key))];
}

/** One row per key with a value, in the schema's order. */
function rowsBelow(name: string, key: ConfigKey): Row[] {
  const named = Object.entries(key.properties ?? {}).flatMap(([property, inner]) =>
    rowsAt(`${name}.${property}`, inner, key.required?.includes(property) ?? false),
  );
  return key.additionalProperties ? [...named, ...rowsAt(`${name}.NAME`, key.additionalProperties, false)] : named;
}

function rowsAt(name: string, key: ConfigKey, required: boolean): Row[] {
  if (key.type === "array") return rowsAt(`${name}[]`, key.items ?? {}, required);
  if (key.type !== "object") return [row(name, key, required)];
  const below = rowsBelow(name, key);
  return key.description ? [{ ...row(name, key, required), allowed: "" }, ...below] : below;
}

interface Row {
  key: string;
  allowed: string;
  default: string;
  description: string;
}

function row(name: string, key: ConfigKey, required: boolean): Row {
  const [description = "", inWords = ""] = (key.description ?? "").split(/ *Default: /);
  const value = key.type === "object" || key.default === "" ? undefined : key.default;
  return {
    key: `\`${name}\``,
    allowed: allowedValues(key),
    default: required
      ? "must be set"
      : value !== undefined
        ? `\`${JSON.stringify(value)}\``
        : inWords.replace(/\.$/, ""),
    description,
  };
}

function table(rows: Row[]): string[] {
  return [
    "| key | value | default | what it is |",
    "| --- | --- | --- | --- |",
    ...rows.map((each) => `| ${Object.values(each).join(" | ")} |`),
  ];
}
