import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { globSync } from "node:fs";
import { createInterface } from "node:readline";

import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

import { outputsOf } from "../../support/standIns";
import { typeOf } from "../../support/urn";

const messageSize = { "grpc.max_receive_message_length": 64 * 2 ** 20, "grpc.max_send_message_length": 64 * 2 ** 20 };

/**
 * A server in front of a real provider plugin. Requests that would reach a host or a cluster succeed at once, with made-up outputs; all
 * others are passed on. So the plugin itself decides whether a change is an update, a replacement or nothing.
 */
export class HarmlessPlugin {
  private constructor(
    private readonly name: string,
    private readonly plugin: ChildProcess,
    private readonly server: grpc.Server,
    private readonly port: number,
    private readonly troubles: Troubles,
  ) {}

  /** @param name of a plugin in $PULUMI_HOME, as in `pulumi-resource-NAME` */
  static async start(name: string): Promise<HarmlessPlugin> {
    const [path] = globSync(`${process.env["PULUMI_HOME"]}/plugins/resource-${name}-v*/pulumi-resource-${name}`);
    if (path === undefined) throw new Error(`there is no plugin ${name} in $PULUMI_HOME: run make toolchain`);
    const plugin = spawn(path, [], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = (await once(createInterface(plugin.stdout), "line")) as [string];
    const real = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), messageSize);

    const server = new grpc.Server(messageSize);
    const troubles: Troubles = new Map();
    server.addService(ResourceProviderService, handlers(real, troubles));
    const own = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return new HarmlessPlugin(name, plugin, server, own, troubles);
  }

  /** Entry of PULUMI_DEBUG_PROVIDERS, with which the engine uses this plugin instead of starting one. */
  get attachment(): string {
    return `${this.name}:${this.port}`;
  }

  /** Makes the next update of the named resource hang. Resolves when it has begun. */
  stallUpdateOf(resource: string): Promise<void> {
    return new Promise((resolve) => this.troubles.set(resource, () => resolve()));
  }

  /** Makes the next update or replacement of the named resource fail, in a way that leaves open how far it got. */
  fail(resource: string): void {
    this.troubles.set(resource, (answer) => answer({ code: grpc.status.UNKNOWN, details: "made to fail" }));
  }

  stop(): void {
    this.server.forceShutdown();
    this.plugin.kill();
  }
}

/** Reactions to the next change of resources, by name: no answer, or an error. */
type Troubles = Map<string, (answer: (error: Partial<grpc.ServiceError>) => void) => void>;

function handlers(real: ResourceProviderClient, troubles: Troubles): grpc.UntypedServiceImplementation {
  const calls = real as unknown as Record<string, (request: unknown, answer: grpc.sendUnaryData<unknown>) => void>;
  const passOn =
    (method: string): grpc.handleUnaryCall<unknown, unknown> =>
    ({ request }, answer) =>
      calls[method]!(request, answer);
  /** Whether a planned failure has answered this request. */
  const isTroubled = (
    request: messages.CreateRequest | messages.UpdateRequest,
    answer: (error: Partial<grpc.ServiceError>) => void,
  ): boolean => {
    const resource = request.getUrn().split("::").at(-1)!;
    const trouble = request.getPreview() ? undefined : troubles.get(resource);
    if (!trouble) return false;
    troubles.delete(resource);
    trouble(answer);
    return true;
  };
  const create: grpc.handleUnaryCall<messages.CreateRequest, messages.CreateResponse> = ({ request }, answer) => {
    const [urn, inputs] = [request.getUrn(), request.getProperties()!];
    if (request.getPreview() && !canDryRun(urn, inputs)) return real.create(request, answer);
    if (isTroubled(request, answer)) return;
    answer(null, new messages.CreateResponse().setId("made-up").setProperties(stateOf(urn, inputs)));
  };
  const update: grpc.handleUnaryCall<messages.UpdateRequest, messages.UpdateResponse> = ({ request }, answer) => {
    const [urn, inputs] = [request.getUrn(), request.getNews()!];
    if (request.getPreview() && !canDryRun(urn, inputs)) return real.update(request, answer);
    if (isTroubled(request, answer)) return;
    answer(null, new messages.UpdateResponse().setProperties(stateOf(urn, inputs, request.getOlds())));
  };
  const succeed: grpc.handleUnaryCall<unknown, Empty> = (_, answer) => answer(null, new Empty());
  return {
    ...Object.fromEntries(Object.keys(ResourceProviderService).map((method) => [method, passOn(method)])),
    create,
    update,
    delete: succeed,
    cancel: succeed, // the plugin serves further runs of the engine
  };
}

/** Whether the request is of a preview, for which the API server would be asked for a dry run. */
function canDryRun(urn: string, inputs: Struct): boolean {
  return typeOf(urn).startsWith("kubernetes:") && !JSON.stringify(inputs.toJavaScript()).includes(unknownValue);
}

function stateOf(urn: string, given: Struct, before?: Struct): Struct {
  const type = typeOf(urn);
  const inputs = given.toJavaScript();
  const state = outputsOf({ type, name: urn.split("::").at(-1)!, inputs }) as Record<string, JavaScriptValue>;
  if (type.startsWith("kubernetes:")) {
    const old = (before?.toJavaScript() ?? {}) as { metadata?: { uid: string; generation: number } };
    // The API server assigns each object a uid, and each version of it a resourceVersion.
    const { uid, generation } = old.metadata ?? { uid: randomUUID(), generation: 0 };
    state["metadata"] = { ...(state["metadata"] as object), uid, generation: generation + 1 };
    state["__inputs"] = inputs; // the plugin keeps the inputs beside the API server's answer
  }
  return Struct.fromJavaScript(state);
}
