import { actions, type HostAction, minutesOf } from "../../components/cluster/actions";
import { readScript } from "../../components/cluster/hostScript";
import { scriptHeader } from "./scriptHeader";

/** docs/host-actions.md: everything that is run on hosts. */
export function hostActions(): string {
  return [
    "# What is run on hosts",
    "",
    "<!-- Generated from components/cluster/actions.ts by `make docs`: edit that, or the comment at a script's top. -->",
    "",
    "An action runs as root over SSH. Its scripts are sent as one text, so nothing has to be installed on a host beforehand: first",
    `the inputs, then ${link("lib/lib")}, then the scripts of the row.`,
    "Scripts in `lib/` only define functions for the scripts after them. The others do the work; the last one has the action's",
    'name. The inputs of an action are listed after "Inputs:" at the top of its scripts.',
    "",
    "| action | what its script does | when it is created, or changes | when it is deleted | time limit |",
    "| --- | --- | --- | --- | --- |",
    ...Object.values<HostAction>(actions).map(row),
    "",
    "`make drift` runs the action `drift`, `make cis` the action `cis`, `make restore` the actions `list-backups`, `find-volumes`,",
    "`expect-backup` and `restore`, a timer on each control plane `renew-certificates`, and a service there `approve-kubelets`. All others",
    "are steps of `up` and `destroy`.",
    "",
  ].join("\n");
}

function row(action: HostAction): string {
  const { name, create = [], delete: undo = [] } = action;
  const last = [...create, ...undo].at(-1)!;
  const cells = [name, scriptHeader(readScript(last)).purpose, ...[create, undo].map(links)];
  return `| ${[...cells, `${minutesOf(action)} min`].join(" | ")} |`;
}

const links = (scripts: readonly string[]): string => scripts.map(link).join(", ");

const link = (script: string): string => `[${script}](../components/cluster/scripts/${script}.sh)`;
