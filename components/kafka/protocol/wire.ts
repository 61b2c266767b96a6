import { UnreadableAnswer } from "../../failures";

/** Writes the primitive types of Kafka's protocol that its newer ("flexible") requests use. */
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

  /** Without compression of its length, as request headers have it. */
  nullableString(value: string): this {
    return this.int16(Buffer.byteLength(value)).bytes(Buffer.from(value));
  }

  /** Lengths are written one higher, since 0 means null. */
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

/** Reads them, in order. @throws UnreadableAnswer where there are fewer bytes than the answer itself says */
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

  /** Null is -1. */
  compactLength(): number {
    return this.varint() - 1;
  }

  bytes(length: number): Buffer {
    const start = this.advance(length);
    return this.buffer.subarray(start, this.at);
  }

  /** Passes over the optional fields at the end of a struct, giving each to `onField` by its tag. */
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
