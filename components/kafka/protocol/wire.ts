import { UnreadableAnswer } from "../../failures";

/**
 * Writes the primitive types of Kafka's "flexible" requests.
 *
 * @see KIP-482, https://kafka.apache.org/protocol#protocol_types
 */
export class Writer {
  private readonly parts: Buffer[] = [];

  int8(value: number): this {
    const bytes = Buffer.alloc(1);
    bytes.writeInt8(value);
    return this.bytes(bytes);
  }

  int16(value: number): this {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(value);
    return this.bytes(bytes);
  }

  uint16(value: number): this {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(value);
    return this.bytes(bytes);
  }

  int32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return this.bytes(bytes);
  }

  int64(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return this.bytes(bytes);
  }

  float64(value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return this.bytes(bytes);
  }

  /** A string with a length of two bytes, as in request headers. */
  nullableString(value: string): this {
    return this.int16(Buffer.byteLength(value)).bytes(Buffer.from(value));
  }

  /** A length plus one as a varint; 0 means null. */
  compactLength(length: number | null): this {
    return this.varint(length === null ? 0 : length + 1);
  }

  compactString(value: string): this {
    return this.compactLength(Buffer.byteLength(value)).bytes(Buffer.from(value));
  }

  noTags(): this {
    return this.varint(0);
  }

  bytes(bytes: Buffer): this {
    this.parts.push(bytes);
    return this;
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.parts);
  }

  private varint(value: number): this {
    const bytes: number[] = [];
    for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
    return this.bytes(Buffer.from([...bytes, value]));
  }
}

/** Reads what `Writer` writes. @throws UnreadableAnswer if the answer is shorter than its own lengths say */
export class Reader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  int8(): number {
    return this.buffer.readInt8(this.advance(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.advance(2));
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.advance(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.advance(4));
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE(this.advance(8));
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.advance(8));
  }

  /** A length; -1 means null. */
  compactLength(): number {
    return this.varint() - 1;
  }

  bytes(length: number): Buffer {
    const start = this.advance(length);
    return this.buffer.subarray(start, this.at);
  }

  /** Reads the tagged fields at the end of a struct and passes each to `onField`. */
  tags(onField: (tag: number, content: Reader) => void = () => undefined): void {
    for (let count = this.varint(); count > 0; count--) {
      const tag = this.varint();
      onField(tag, new Reader(this.bytes(this.varint())));
    }
  }

  private varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer.readUInt8(this.advance(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  private advance(length: number): number {
    const start = this.at;
    if (length < 0 || start + length > this.buffer.length) {
      throw new UnreadableAnswer(`Kafka's answer breaks off: of ${this.buffer.length} bytes, ${start} could be read`);
    }
    this.at += length;
    return start;
  }
}
