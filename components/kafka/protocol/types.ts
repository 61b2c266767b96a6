import type { Reader, Writer } from "./wire";

/**
 * A type of Kafka's protocol: how its values are written and read.
 *
 * @see https://kafka.apache.org/protocol#protocol_types
 */
export interface Type<T> {
  write(to: Writer, value: T): void;
  read(from: Reader): T;
}

/** The values of a type. */
export type ValueOf<T> = T extends Type<infer V> ? V : never;

export const int8: Type<number> = { write: (to, value) => to.int8(value), read: (from) => from.int8() };
export const int16: Type<number> = { write: (to, value) => to.int16(value), read: (from) => from.int16() };
export const uint16: Type<number> = { write: (to, value) => to.uint16(value), read: (from) => from.uint16() };
export const int32: Type<number> = { write: (to, value) => to.int32(value), read: (from) => from.int32() };

/** Read as a number, since offsets, sizes and times are below 2^53. */
export const int64: Type<number> = {
  write: (to, value) => to.int64(BigInt(value)),
  read: (from) => Number(from.int64()),
};

export const float64: Type<number> = { write: (to, value) => to.float64(value), read: (from) => from.float64() };

export const bool: Type<boolean> = { write: (to, value) => to.int8(value ? 1 : 0), read: (from) => from.int8() !== 0 };

/** 16 bytes on the wire, a string in Kafka's notation here: base64url without padding. */
export const uuid: Type<string> = {
  write: (to, value) => to.bytes(Buffer.from(value, "base64url")),
  read: (from) => from.bytes(16).toString("base64url"),
};

export const bytes: Type<Buffer> = {
  write: (to, value) => to.compactLength(value.length).bytes(value),
  read: (from) => from.bytes(from.compactLength()),
};

export const string: Type<string> = {
  write: (to, value) => to.compactString(value),
  read: (from) => from.bytes(from.compactLength()).toString("utf8"),
};

export const nullableString: Type<string | null> = {
  write: (to, value) => (value === null ? to.compactLength(null) : to.compactString(value)),
  read: (from) => {
    const length = from.compactLength();
    return length < 0 ? null : from.bytes(length).toString("utf8");
  },
};

/** An array. Null is read as an empty one. */
export function list<T>(element: Type<T>): Type<readonly T[]> {
  return {
    write: (to, values) => {
      to.compactLength(values.length);
      values.forEach((value) => element.write(to, value));
    },
    read: (from) => Array.from({ length: Math.max(0, from.compactLength()) }, () => element.read(from)),
  };
}

/** An array that may be null, which means "all". */
export function nullableList<T>(element: Type<T>): Type<readonly T[] | null> {
  const some = list(element);
  return {
    write: (to, values) => (values === null ? to.compactLength(null) : some.write(to, values)),
    read: (from) => some.read(from),
  };
}

/** A struct, its fields in the protocol's order. Tagged fields are skipped. */
export function struct<V extends object>(fields: { [K in keyof V]: Type<V[K]> }): Type<V> {
  return taggedStruct(fields, {});
}

/** A struct with optional fields by their tags. @see KIP-482 (tagged fields) */
export function taggedStruct<V extends object, T extends object>(
  fields: { [K in keyof V]: Type<V[K]> },
  tagged: { [K in keyof T]: { tag: number; type: Type<T[K]> } },
): Type<V & Partial<T>> {
  const entries = Object.entries(fields) as [keyof V, Type<unknown>][];
  const optional = Object.entries<{ tag: number; type: Type<unknown> }>(tagged);
  return {
    write: (to, value) => {
      for (const [name, type] of entries) type.write(to, value[name]);
      to.noTags();
    },
    read: (from) => {
      const value = Object.fromEntries(entries.map(([name, type]) => [name, type.read(from)]));
      from.tags((tag, content) => {
        const field = optional.find(([, each]) => each.tag === tag);
        if (field) value[field[0]] = field[1].type.read(content);
      });
      return value as V & Partial<T>;
    },
  };
}
