import { pbkdf2Sync } from "node:crypto";
import { Fatal } from "../../../../components/failures";
import { type Acl, aclsOf, addAcls, removeAcls } from "../../../../components/kafka/protocol/acls";
import { type Asker, Connection, decode, encode } from "../../../../components/kafka/protocol/connection";
import { quotasOf, setQuotas } from "../../../../components/kafka/protocol/quotas";
import * as requests from "../../../../components/kafka/protocol/requests";
import type { Request } from "../../../../components/kafka/protocol/requests";
import { loginsOf, removeLogins, setLogin } from "../../../../components/kafka/protocol/scram";

/** Bytes that Kafka's own classes (4.3.1) have written for these values. */
const written = {
  describeScramCredentials: {
    question: { users: [{ name: "orders" }] },
    asked: "02076f72646572730000",
    answered:
      "0000000700000103076f72646572730000010302000020010001000010000000076e6f626f6479005b0d6e6f20737563682075736572010000",
    answer: {
      throttleMs: 7,
      errorCode: 0,
      errorMessage: "",
      results: [
        {
          user: "orders",
          errorCode: 0,
          errorMessage: "",
          credentials: [
            { mechanism: 2, iterations: 8193 },
            { mechanism: 1, iterations: 4096 },
          ],
        },
        { user: "nobody", errorCode: 91, errorMessage: "no such user", credentials: [] },
      ],
    },
  },
  alterScramCredentials: {
    question: {
      deletions: [{ name: "old", mechanism: 1 }],
      upsertions: [
        {
          name: "orders",
          mechanism: 2,
          iterations: 8193,
          salt: Buffer.from([1, 2, 3]),
          saltedPassword: Buffer.from([4, 5]),
        },
      ],
    },
    asked: "02046f6c64010002076f72646572730200002001040102030304050000",
    answered: "0000000702076f7264657273005d13546f6f2066657720697465726174696f6e730000",
    answer: { throttleMs: 7, results: [{ user: "orders", errorCode: 93, errorMessage: "Too few iterations" }] },
  },
  describeAcls: {
    question: {
      resourceType: 1,
      name: null,
      patternType: 1,
      principal: "User:orders",
      host: null,
      operation: 1,
      permission: 1,
    },
    asked: "0100010c557365723a6f726465727300010100",
    answered: "000000070000010202086f72646572732d04020c557365723a6f7264657273022a0303000000",
    answer: {
      throttleMs: 7,
      errorCode: 0,
      errorMessage: "",
      resources: [
        {
          resourceType: 2,
          name: "orders-",
          patternType: 4,
          acls: [{ principal: "User:orders", host: "*", operation: 3, permission: 3 }],
        },
      ],
    },
  },
  createAcls: {
    question: {
      creations: [
        {
          resourceType: 7,
          name: "User:orders",
          patternType: 3,
          principal: "User:orders",
          host: "10.0.0.4",
          operation: 13,
          permission: 2,
        },
      ],
    },
    asked: "02070c557365723a6f7264657273030c557365723a6f72646572730931302e302e302e340d020000",
    answered: "000000070300000100002a036e6f0000",
    answer: {
      throttleMs: 7,
      results: [
        { errorCode: 0, errorMessage: "" },
        { errorCode: 42, errorMessage: "no" },
      ],
    },
  },
  deleteAcls: {
    question: {
      filters: [
        {
          resourceType: 4,
          name: "kafka-cluster",
          patternType: 3,
          principal: "User:orders",
          host: "*",
          operation: 12,
          permission: 3,
        },
      ],
    },
    asked: "02040e6b61666b612d636c7573746572030c557365723a6f7264657273022a0c030000",
    answered: "000000070200000102000001040e6b61666b612d636c7573746572030c557365723a6f7264657273022a0c03000000",
    answer: {
      throttleMs: 7,
      results: [
        {
          errorCode: 0,
          errorMessage: "",
          matching: [
            {
              errorCode: 0,
              errorMessage: "",
              resourceType: 4,
              name: "kafka-cluster",
              patternType: 3,
              principal: "User:orders",
              host: "*",
              operation: 12,
              permission: 3,
            },
          ],
        },
      ],
    },
  },
  describeQuotas: {
    question: { components: [{ type: "user", matchType: 0, match: "orders" }], strict: false },
    asked: "02057573657200076f7264657273000000",
    answered:
      "0000000700000102030575736572076f7264657273000a636c69656e742d696400000213726571756573745f70657263656e746167653fe0000000000000000000",
    answer: {
      throttleMs: 7,
      errorCode: 0,
      errorMessage: "",
      entries: [
        {
          entity: [
            { type: "user", name: "orders" },
            { type: "client-id", name: null },
          ],
          values: [{ key: "request_percentage", value: 0.5 }],
        },
      ],
    },
  },
  alterQuotas: {
    question: {
      entries: [
        {
          entity: [{ type: "user", name: "orders" }],
          ops: [
            { key: "producer_byte_rate", value: 1048576, remove: false },
            { key: "request_percentage", value: 0, remove: true },
          ],
        },
      ],
      validateOnly: false,
    },
    asked:
      "02020575736572076f726465727300031370726f64756365725f627974655f726174654130000000000000000013726571756573745f70657263656e7461676500000000000000000100000000",
    answered: "0000000702002a036e6f020575736572076f7264657273000000",
    answer: {
      throttleMs: 7,
      entries: [{ errorCode: 42, errorMessage: "no", entity: [{ type: "user", name: "orders" }] }],
    },
  },
};
type Name = keyof typeof written;
const names = Object.keys(written) as Name[];
const requestOf = (name: Name) => requests[name] as unknown as Request<unknown, unknown>;

test.each(names)("%s is asked in the bytes of Kafka's own classes", (name) => {
  const { key, version } = requestOf(name);
  const header = Buffer.from([0, key, 0, version, 0, 0, 0, 1, 0, 13, ...Buffer.from("kubeadm-kafka"), 0]);
  expect(encode(requestOf(name), written[name].question).toString("hex")).toBe(
    header.toString("hex") + written[name].asked,
  );
});

test.each(names)("%s's answer is read from the bytes of Kafka's own classes", (name) => {
  const header = "0000000100";
  expect(decode(requestOf(name), Buffer.from(header + written[name].answered, "hex"))).toEqual(written[name].answer);
});

/** A Kafka that gives one answer to each request, and records the questions. */
function answering(answers: Partial<Record<Name, unknown>>) {
  const asked: [string, any][] = [];
  const ask = (async ({ name }: Request<unknown, unknown>, question: unknown) => {
    asked.push([name, question]);
    return answers[names.find((each) => requestOf(each).name === name)!];
  }) as Asker["ask"];
  return { ask, asked };
}
const noError = { errorCode: 0, errorMessage: null };

describe("a user's logins", () => {
  test("are read by the mechanisms' names; a user that Kafka doesn't know has none", async () => {
    const kafka = answering({ describeScramCredentials: written.describeScramCredentials.answer });
    expect(await loginsOf(kafka, ["orders", "nobody"])).toEqual(
      new Map([
        [
          "orders",
          [
            { mechanism: "SCRAM-SHA-512", iterations: 8193 },
            { mechanism: "SCRAM-SHA-256", iterations: 4096 },
          ],
        ],
        ["nobody", []],
      ]),
    );
  });

  test("get a salted password, with another salt each time, and never the password", async () => {
    const kafka = answering({ alterScramCredentials: { results: [{ user: "orders", ...noError }] } });
    await setLogin(kafka, "orders", "hunter2", 4096);
    await setLogin(kafka, "orders", "hunter2", 4096);
    const [first, second] = kafka.asked.map(([, { upsertions }]) => upsertions[0]);
    expect(first).toMatchObject({ name: "orders", mechanism: 2, iterations: 4096 });
    expect(first.saltedPassword).toEqual(pbkdf2Sync("hunter2", first.salt, 4096, 64, "sha512"));
    expect(first.salt).not.toEqual(second.salt);
    const bytes = encode(requests.alterScramCredentials, kafka.asked[0]![1]);
    expect(bytes.includes("hunter2")).toBe(false);
  });

  test("that Kafka refuses are an error that no retry heals", async () => {
    const kafka = answering({ alterScramCredentials: written.alterScramCredentials.answer });
    await expect(setLogin(kafka, "orders", "hunter2", 1)).rejects.toThrow(
      new Fatal("the login of orders can't be changed: Too few iterations (UNACCEPTABLE_CREDENTIAL)"),
    );
  });

  test("go one in each request, since Kafka changes a user once in a request; those that are gone already are no error", async () => {
    const kafka = answering({ alterScramCredentials: { results: [{ user: "orders", errorCode: 91 }] } });
    await removeLogins(
      kafka,
      "orders",
      ["SCRAM-SHA-256", "SCRAM-SHA-512"].map((mechanism) => ({ mechanism, iterations: 1 })),
    );
    expect(kafka.asked.map(([, { deletions }]) => deletions)).toEqual([
      [{ name: "orders", mechanism: 1 }],
      [{ name: "orders", mechanism: 2 }],
    ]);
  });
});

describe("ACLs", () => {
  const acl: Acl = {
    principal: "User:orders",
    resource: "Topic",
    name: "orders-",
    pattern: "prefixed",
    operation: "Read",
    permission: "Allow",
    host: "*",
  };

  test("are read in the words of Kafka's tools", async () => {
    const kafka = answering({ describeAcls: written.describeAcls.answer });
    expect(await aclsOf(kafka, "User:orders")).toEqual([acl]);
    expect(kafka.asked[0]![1]).toEqual(written.describeAcls.question);
  });

  test("are undefined without an authorizer, and any other error is one", async () => {
    expect(await aclsOf(answering({ describeAcls: { errorCode: 54, resources: [] } }))).toBeUndefined();
    await expect(aclsOf(answering({ describeAcls: { errorCode: 31, resources: [] } }))).rejects.toThrow(
      "ACLs can't be read: Kafka's error (CLUSTER_AUTHORIZATION_FAILED)",
    );
  });

  test("of a later release are written back as they were read", async () => {
    const [resource] = written.describeAcls.answer.resources;
    const later = { ...resource, resourceType: 8, acls: [{ ...resource!.acls[0], operation: 16 }] };
    const kafka = answering({
      describeAcls: { errorCode: 0, resources: [later] },
      deleteAcls: { results: [{ ...noError, matching: [] }] },
    });
    await removeAcls(kafka, (await aclsOf(kafka))!);
    expect(kafka.asked[1]![1].filters).toEqual([
      {
        ...written.describeAcls.question,
        name: "orders-",
        host: "*",
        resourceType: 8,
        patternType: 4,
        operation: 16,
        permission: 3,
      },
    ]);
  });

  test("that Kafka refuses are named", async () => {
    const kafka = answering({ createAcls: written.createAcls.answer });
    await expect(addAcls(kafka, [acl, { ...acl, operation: "Write" }])).rejects.toThrow(
      new Fatal("the ACL of User:orders for Write on Topic orders- can't be made: no (INVALID_REQUEST)"),
    );
    const failing = answering({ deleteAcls: { results: [{ ...noError, matching: [{ ...acl, errorCode: 42 }] }] } });
    await expect(removeAcls(failing, [acl])).rejects.toThrow("Read on Topic orders- can't be deleted");
  });
});

describe("quotas", () => {
  test("are read with the clients that they are for, and of one user alone if one is named", async () => {
    const kafka = answering({ describeQuotas: written.describeQuotas.answer });
    expect(await quotasOf(kafka, "orders")).toEqual([
      { user: "orders", clientId: null, values: { request_percentage: 0.5 } },
    ]);
    await quotasOf(kafka);
    expect(kafka.asked.map(([, { components }]) => components[0])).toEqual([
      { type: "user", matchType: 0, match: "orders" },
      { type: "user", matchType: 2, match: null },
    ]);
  });

  test("of the default of all users are nobody's", async () => {
    const entry = { entity: [{ type: "user", name: null }], values: [] };
    expect(await quotasOf(answering({ describeQuotas: { ...noError, entries: [entry] } }))).toEqual([]);
  });

  test("are set, and removed where they are null", async () => {
    const kafka = answering({ alterQuotas: { entries: [noError] } });
    await setQuotas(kafka, { user: "orders" }, { producer_byte_rate: 1048576, request_percentage: null });
    await setQuotas(kafka, { user: "orders", clientId: null }, {});
    expect(kafka.asked.map(([, question]) => question)).toEqual([
      written.alterQuotas.question,
      {
        entries: [
          {
            entity: [
              { type: "user", name: "orders" },
              { type: "client-id", name: null },
            ],
            ops: [],
          },
        ],
        validateOnly: false,
      },
    ]);
    await expect(
      setQuotas(answering({ alterQuotas: written.alterQuotas.answer }), { user: "orders" }, {}),
    ).rejects.toThrow("quotas of orders can't be changed: no (INVALID_REQUEST)");
  });
});

test("one broker alone is asked if it is the one that has to know", async () => {
  class Two extends Connection {
    override askBroker = (async (id: number) => `broker ${id}`) as unknown as Connection["askBroker"];
  }
  expect(await new Two([]).at(1).ask(requests.describeAcls, written.describeAcls.question)).toBe("broker 1");
});
