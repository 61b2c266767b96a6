import type * as requests from "../../../components/kafka/protocol/requests";
import type { ValueOf } from "../../../components/kafka/protocol/types";
import { done, FakeKafka } from "./fakeKafka";

type Question<R extends { question: unknown }> = ValueOf<R["question"]>;
type Acl = Question<typeof requests.createAcls>["creations"][number];
type Entity = readonly { type: string; name: string | null }[];

interface State {
  /** Iterations by mechanism, by user. */
  logins: Record<string, Record<number, number>>;
  acls: Acl[];
  quotas: { entity: Entity; values: Record<string, number> }[];
}

const [resourceNotFound, securityDisabled] = [91, 54];
const isSame = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);

/** A Kafka with users: it carries out requests at once, and each broker knows of it at once, unless it lags. */
export class UsersKafka extends FakeKafka {
  state: State = { logins: {}, acls: [], quotas: [] };
  hasAuthorizer = true;
  /** The logins that were made, in their order. */
  readonly made: Question<typeof requests.alterScramCredentials>["upsertions"][number][] = [];
  /** Whether the next change of a login is the end of the run. */
  kills = false;
  /** Questions about ACLs until a broker that lags knows what has changed, by its id. */
  readonly lagging = new Map<number, { state: State; questions: number }>();

  /** Lets a broker know of no change for the next `questions` about ACLs. */
  lag(broker: number, questions: number): void {
    this.lagging.set(broker, { state: structuredClone(this.state), questions });
  }

  private known(broker: number): State {
    return this.lagging.get(broker)?.state ?? this.state;
  }

  protected DescribeUserScramCredentials(
    { users }: Question<typeof requests.describeScramCredentials>,
    broker: number,
  ) {
    const results = users!.map(({ name }) => {
      const found = Object.entries(this.known(broker).logins[name] ?? {});
      const credentials = found.map(([mechanism, iterations]) => ({ mechanism: Number(mechanism), iterations }));
      return { ...done, errorCode: credentials.length > 0 ? 0 : resourceNotFound, user: name, credentials };
    });
    return { ...done, results };
  }

  protected AlterUserScramCredentials({ deletions, upsertions }: Question<typeof requests.alterScramCredentials>) {
    if (this.kills) throw new TypeError("killed");
    for (const { name, mechanism } of deletions) delete this.state.logins[name]?.[mechanism];
    for (const login of upsertions) (this.state.logins[login.name] ??= {})[login.mechanism] = login.iterations;
    this.made.push(...upsertions);
    return { ...done, results: [...deletions, ...upsertions].map(({ name }) => ({ ...done, user: name })) };
  }

  protected DescribeAcls({ principal }: Question<typeof requests.describeAcls>, broker: number) {
    if (!this.hasAuthorizer) return { ...done, errorCode: securityDisabled, resources: [] };
    const acls = this.known(broker).acls.filter((acl) => principal === null || acl.principal === principal);
    const lag = this.lagging.get(broker);
    if (lag && --lag.questions <= 0) this.lagging.delete(broker);
    return { ...done, resources: acls.map((acl) => ({ ...acl, acls: [acl] })) };
  }

  protected CreateAcls({ creations }: Question<typeof requests.createAcls>) {
    const { acls } = this.state;
    for (const acl of creations) if (!acls.some((each) => isSame(each, acl))) acls.push({ ...acl });
    return { ...done, results: creations.map(() => done) };
  }

  protected DeleteAcls({ filters }: Question<typeof requests.deleteAcls>) {
    const keys = Object.keys(filters[0]!) as (keyof Acl)[];
    this.state.acls = this.state.acls.filter(
      (acl) => !filters.some((filter) => keys.every((key) => filter[key] === acl[key])),
    );
    return { ...done, results: filters.map(() => ({ ...done, matching: [] })) };
  }

  protected DescribeClientQuotas({ components }: Question<typeof requests.describeQuotas>, broker: number) {
    const user = components[0]!.match;
    const entries = this.known(broker).quotas.filter(({ entity }) =>
      entity.some(({ type, name }) => type === "user" && (user === null || name === user)),
    );
    const listed = entries.map(({ entity, values }) => ({
      entity,
      values: Object.entries(values).map(([key, value]) => ({ key, value })),
    }));
    return { ...done, entries: listed };
  }

  protected AlterClientQuotas({ entries }: Question<typeof requests.alterQuotas>) {
    for (const { entity, ops } of entries) {
      let found = this.state.quotas.find((each) => isSame(each.entity, entity));
      if (!found) this.state.quotas.push((found = { entity, values: {} }));
      for (const { key, value, remove } of ops) {
        if (remove) delete found.values[key];
        else found.values[key] = value;
      }
    }
    this.state.quotas = this.state.quotas.filter(({ values }) => Object.keys(values).length > 0);
    return { ...done, entries: entries.map(() => done) };
  }
}
