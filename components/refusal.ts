import * as pulumi from "@pulumi/pulumi";

/**
 * Why the program refuses something, in a sentence for the user, which Pulumi prints without a stack trace. The message can't
 * change: Pulumi would put `error serializing property "stdin": ` in front of it, once for each resource that has the refused
 * value among its inputs.
 *
 * @see https://github.com/pulumi/pulumi/blob/v3.258.0/sdk/nodejs/runtime/rpc.ts serializeFilteredProperties
 */
export class Refusal extends pulumi.RunError {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    Object.defineProperty(this, "message", { get: () => sentence, set: () => undefined });
  }
}
