import { dependencies } from "../../package.json";
import { goRecipe } from "./goRecipe";

/** What runs where Pulumi runs, from Go modules. The SDKs in package.json decide on the versions. */
export const pulumiVersions = {
  cli: dependencies["@pulumi/pulumi"],
  kubernetes: dependencies["@pulumi/kubernetes"],
  command: dependencies["@pulumi/command"],
};

/** pulumi. */
export const pulumiCli = goRecipe({
  name: "pulumi-cli",
  summary: `Pulumi ${pulumiVersions.cli}`,
  variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": pulumiVersions.cli },
  usual: { seconds: 190, megabytes: 110 },
});

/** pulumi-language-nodejs. Its last published version; it serves newer engines and SDKs as well. */
export const pulumiNodejsHost = goRecipe({
  name: "pulumi-nodejs-host",
  summary: "Pulumi's Node.js language host",
  usual: { seconds: 50, megabytes: 20 },
});

/** pulumi-resource-kubernetes. */
export const pulumiKubernetes = goRecipe({
  name: "pulumi-kubernetes",
  summary: `Pulumi's Kubernetes provider ${pulumiVersions.kubernetes}`,
  packages: ".",
  variables: { "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": pulumiVersions.kubernetes },
  rename: { "pulumi-kubernetes": "pulumi-resource-kubernetes" },
  version: pulumiVersions.kubernetes,
  usual: { seconds: 480, megabytes: 160 },
});

/** pulumi-resource-command, the drop-in for Pulumi's Command provider. */
export const pulumiCommand = goRecipe({
  name: "pulumi-command",
  summary: `Drop-in for Pulumi's Command provider ${pulumiVersions.command}`,
  folder: "plugins/command",
  packages: ".",
  rename: { command: "pulumi-resource-command" },
  usual: { seconds: 60, megabytes: 35 },
});
