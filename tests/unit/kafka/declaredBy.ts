import * as pulumi from "@pulumi/pulumi";

/** A Kubernetes object as a program declares it. */
export interface Declared {
  type: string;
  name: string;
  /** All fields of the object. */
  inputs: any;
}

/** The uid that the API server would assign to a new namespace. */
const NAMESPACE_UID = "6f2d8a10-93c4-4b7e-8a51-0d9e3c2b7f46";

/** Runs a program with mocks. @returns all Kubernetes objects that it declares */
export async function declaredBy(program: () => void): Promise<Declared[]> {
  const declared: Declared[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      if (type.startsWith("kubernetes:")) declared.push({ type, name, inputs });
      const uid = type.endsWith(":Namespace") ? NAMESPACE_UID : `uid-of-${name}`;
      const metadata = { name: `${name}-autonamed`, uid, generation: 1, ...inputs.metadata };
      return { id: name, state: { ...inputs, metadata } };
    },
    call: ({ inputs }) => inputs,
  });
  await pulumi.runtime.runInPulumiStack(async () => program());
  await pulumi.runtime.disconnect();
  return declared;
}

export function only(declared: readonly Declared[], kind: string, name?: string): Declared["inputs"] {
  const found = declared.filter(({ type, ...each }) => type.endsWith(`:${kind}`) && (name ?? each.name) === each.name);
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind}, wanted 1`);
  return found[0]!.inputs;
}
