import * as grpc from "@grpc/grpc-js";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import * as service from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

import { typeOf } from "../support/urn";
import type { Properties } from "./properties";

/** The engine's requests to a plugin, without their wire format. The user reads the message of an error that a method throws. */
export interface Provider {
  readonly version: string;
  configure(config: Properties): void;
  /** @returns a sentence for each input that is refused */
  check(type: string, inputs: Properties): string[];
  diff(type: string, old: Properties, inputs: Properties): { changed: string[]; replacing: string[] };
  create(type: string, inputs: Properties, preview: boolean): Promise<{ id: string; outputs: Properties }>;
  /** @returns undefined if the resource is gone */
  read(type: string, id: string): { inputs: Properties; outputs: Properties } | undefined;
  update(type: string, id: string, inputs: Properties, preview: boolean): Promise<Properties>;
  delete(type: string, id: string): Promise<void>;
  invoke(token: string, args: Properties): Properties;
}

/**
 * Serves a provider by Pulumi's protocol. The plugin declares that it doesn't accept secrets, so the engine unwraps them in inputs, and
 * marks the outputs of the same names as secret.
 */
export async function servePlugin(provider: Provider): Promise<void> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": 64 * 1024 * 1024 });
  server.addService(service.ResourceProviderService, {
    getPluginInfo: answer(() => new plugin.PluginInfo().setVersion(provider.version)),
    checkConfig: answer((request: proto.CheckRequest) => new proto.CheckResponse().setInputs(request.getNews())),
    diffConfig: answer(() => new proto.DiffResponse().setChanges(proto.DiffResponse.DiffChanges.DIFF_NONE)),
    configure: answer((request: proto.ConfigureRequest) => {
      provider.configure(fromStruct(request.getArgs()));
      return new proto.ConfigureResponse().setSupportspreview(true);
    }),
    invoke: answer((request: proto.InvokeRequest) =>
      new proto.InvokeResponse().setReturn(toStruct(provider.invoke(request.getTok(), fromStruct(request.getArgs())))),
    ),
    check: answer((request: proto.CheckRequest) => {
      const inputs = fromStruct(request.getNews());
      const failures = provider
        .check(typeOf(request.getUrn()), inputs)
        .map((reason) => new proto.CheckFailure().setReason(reason));
      return new proto.CheckResponse().setInputs(toStruct(inputs)).setFailuresList(failures);
    }),
    diff: answer((request: proto.DiffRequest) => {
      const [old, inputs] = [fromStruct(request.getOldInputs()), fromStruct(request.getNews())];
      const { changed, replacing } = provider.diff(typeOf(request.getUrn()), old, inputs);
      const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
      return (
        new proto.DiffResponse()
          .setChanges(changed.length ? DIFF_SOME : DIFF_NONE)
          .setDiffsList(changed)
          .setReplacesList(replacing)
          // The program names each resource, so the old one must go first. The real plugin decides the same.
          .setDeletebeforereplace(replacing.length > 0)
      );
    }),
    create: answer(async (request: proto.CreateRequest) => {
      const inputs = fromStruct(request.getProperties());
      const { id, outputs } = await provider.create(typeOf(request.getUrn()), inputs, request.getPreview());
      return new proto.CreateResponse().setId(request.getPreview() ? "" : id).setProperties(toStruct(outputs));
    }),
    read: answer((request: proto.ReadRequest) => {
      const found = provider.read(typeOf(request.getUrn()), request.getId());
      if (!found) return new proto.ReadResponse();
      return new proto.ReadResponse()
        .setId(request.getId())
        .setInputs(toStruct(found.inputs))
        .setProperties(toStruct(found.outputs));
    }),
    update: answer(async (request: proto.UpdateRequest) => {
      const inputs = fromStruct(request.getNews());
      const type = typeOf(request.getUrn());
      const outputs = await provider.update(type, request.getId(), inputs, request.getPreview());
      return new proto.UpdateResponse().setProperties(toStruct(outputs));
    }),
    delete: answer(async (request: proto.DeleteRequest) => {
      await provider.delete(typeOf(request.getUrn()), request.getId());
      return new Empty();
    }),
    cancel: answer(() => new Empty()),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  console.log(String(port)); // the engine reads the port here
}

function answer<Request, Response>(
  work: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return ({ request }, callback) => {
    Promise.resolve()
      .then(() => work(request))
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: grpc.status.UNKNOWN, details: error.message }),
      );
  };
}

function fromStruct(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

function toStruct(properties: Properties): Struct {
  const defined = JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>;
  return Struct.fromJavaScript(defined);
}
