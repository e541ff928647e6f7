/** One statement, as the extended protocol takes it: a single command. */
export interface SequenceStatement {
  text: string;
  values?: readonly (string | null)[] | undefined;
  /** Prepared under this name, once for as long as the text is the same: so is its plan. */
  name?: string | undefined;
}

/** Every value is text, in both directions. */
const TEXT = 0;

/**
 * The messages by which a server runs statements one after the other, up to the first that fails: Parse, Bind and Execute for
 * each, and one Sync. In one piece: the driver makes a buffer of each message, which costs more than all else about it.
 *
 * @param parses for each statement, whether it is prepared here; else that has been done under its name
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function encodeSequence(statements: readonly SequenceStatement[], parses: readonly boolean[]): Buffer {
  end = 0;
  for (const [index, { text, values = [], name = '' }] of statements.entries()) {
    if (parses[index]) {
      // It may be there with another text, and it is no error to close what is not.
      if (name !== '') encodeClose(name);
      encodeParse(name, text);
    }
    encodeBind(name, values);
    const execute = begin('E');
    cstring('');
    int32(0); // Every row.
    finish(execute);
  }
  finish(begin('S'));
  return Buffer.from(bytes.subarray(0, end));
}

function encodeClose(name: string): void {
  const start = begin('C');
  cstring(`S${name}`);
  finish(start);
}

function encodeParse(name: string, text: string): void {
  const start = begin('P');
  cstring(name);
  cstring(text);
  int16(0); // The text says the types of its parameters, or the server infers them.
  finish(start);
}

function encodeBind(name: string, values: readonly (string | null)[]): void {
  const start = begin('B');
  cstring(''); // The portal.
  cstring(name);
  int16(1);
  int16(TEXT);
  int16(values.length);
  for (const value of values) string(value);
  int16(1);
  int16(TEXT);
  finish(start);
}

/** Written to by whoever encodes: that never waits for anything. */
let bytes = Buffer.allocUnsafe(2 ** 14);
let end = 0;

/** A message begins with its code and its length, which counts itself. */
function begin(code: string): number {
  byte(code.charCodeAt(0));
  const start = end;
  int32(0);
  return start;
}

function finish(start: number): void {
  bytes.writeInt32BE(end - start, start);
}

/** NULL is a string of length -1. */
function string(value: string | null): void {
  const start = end;
  int32(-1);
  if (value === null) return;
  utf8(value);
  bytes.writeInt32BE(end - start - 4, start);
}

function cstring(value: string): void {
  if (value !== '') utf8(value);
  byte(0);
}

function byte(value: number): void {
  makeRoom(1);
  bytes[end] = value;
  end += 1;
}

function utf8(value: string): void {
  // A UTF-16 code unit takes three bytes at most.
  makeRoom(3 * value.length);
  end += bytes.write(value, end);
}

function int16(value: number): void {
  makeRoom(2);
  end = bytes.writeInt16BE(value, end);
}

function int32(value: number): void {
  makeRoom(4);
  end = bytes.writeInt32BE(value, end);
}

function makeRoom(more: number): void {
  if (end + more <= bytes.length) return;
  bytes = Buffer.concat([bytes], 2 * (end + more));
}
