import { z } from "zod";

import { type Kind, projectOf } from "./kind";
import { types } from "./types";

export const account: Kind = {
  type: types.account,
  inputs: z.strictObject({
    accountId: z
      .string()
      .regex(/^[a-z]([-a-z0-9]{4,28}[a-z0-9])$/, "must be 6-30 characters: a-z, 0-9 and -, a letter first"),
    displayName: z.string().optional(),
    description: z.string().optional(),
    project: z.string().optional(),
  }),
  id: (inputs, project) => `projects/${projectOf(inputs, project)}/serviceAccounts/${emailOf(inputs, project)}`,
  replacing: ["accountId", "project"],
  fill: (inputs, _, project) => ({ knownAs: emailOf(inputs, project) }),
  outputs: ({ filled }) => ({ email: filled["knownAs"] }),
};

function emailOf(inputs: Record<string, unknown>, project: string): string {
  return `${inputs["accountId"] as string}@${projectOf(inputs, project)}.iam.gserviceaccount.com`;
}
