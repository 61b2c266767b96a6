import {
  type AclArgs,
  allOperations,
  bindingsOf,
  inWords,
  type Operation,
  operationsOn,
  whyUnfit,
} from "../../components/kafka/plan/acls";
import { usesTls } from "../../components/kafka/plan/encryption";
import { isReserved } from "../../components/kafka/plan/userNames";
import { nearestName } from "../../components/kafka/settings/knownProperties";
import { codes, keyOf, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** Name of the Kafka cluster. */
const CLUSTER = "kafka";

/**
 * Users that nobody would ask who they are, that could be taken for somebody else, or whose ACLs Kafka would refuse or never apply.
 *
 * @param encrypted keys of the config with encrypted values, which no message repeats
 */
export function* userMistakes({ kafka }: StackConfig, encrypted: readonly string[] = []): Mistakes {
  const { encryption } = kafka.security;
  const users = Object.entries(kafka.users);
  if (users.length > 0 && !usesTls(encryption)) {
    const message = `need kafka.security.encryption, and that is ${encryption}: without it Kafka asks nobody who he is. Set it to moved or closed, or remove the users`;
    yield mistake(codes.usersUnasked, "kafka.users", message);
  }
  for (const [name, { acls }] of users) {
    if (isReserved(CLUSTER, name)) {
      const message = "is a name of Kafka's own or of the program's; give the user another one";
      yield mistake(codes.reservedUser, keyOf(["kafka", "users", name]), message);
    }
    yield* aclMistakes(name, acls, encrypted.includes("kafka"));
  }
}

function* aclMistakes(user: string, acls: readonly AclArgs[], secret: boolean): Mistakes {
  const keyIn = (...path: (string | number)[]): string => keyOf(["kafka", "users", user, "acls", ...path]);
  const seen = new Map<string, string>();
  for (const [index, acl] of acls.entries()) {
    const unfit = whyUnfit(acl);
    if (unfit !== undefined) yield mistake(codes.unfitResource, keyIn(index, "name"), unfit);
    for (const [at, operation] of acl.operations.entries()) {
      const key = keyIn(index, "operations", at);
      const shown = secret ? "its value" : JSON.stringify(operation);
      const fitting = operationsOn(acl.resource);
      if (!isOperation(operation)) {
        const meant = nearestOperation(operation, fitting);
        const remedy = meant ? `did you mean ${meant}?` : `Kafka knows ${fitting.join(", ")}`;
        yield mistake(
          codes.unknownOperation,
          key,
          `${shown} is no operation of Kafka's on a ${acl.resource}; ${remedy}`,
        );
      } else if (!fitting.includes(operation)) {
        const message = `${shown} is no operation on a ${acl.resource}, so that it would allow nothing; set one of ${fitting.join(", ")}`;
        yield mistake(codes.unfitOperation, key, message);
      } else {
        for (const binding of bindingsOf({ ...acl, operations: [operation] })) {
          const text = inWords(binding);
          const first = seen.get(text);
          if (first === undefined) seen.set(text, key);
          else yield mistake(codes.sameAcl, key, `is the same as ${first}${secret ? "" : ` (${text})`}; remove one`);
        }
      }
    }
  }
}

function isOperation(name: string): name is Operation {
  return (allOperations as readonly string[]).includes(name);
}

/** The operation that is meant, if its name is misspelt or in another spelling. One that fits comes first. */
function nearestOperation(name: string, fitting: readonly Operation[]): Operation | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, "");
  const candidates = [...fitting, ...allOperations];
  const nearest = nearestName(candidates.map(plain), plain(name));
  return candidates.find((each) => plain(each) === nearest);
}
