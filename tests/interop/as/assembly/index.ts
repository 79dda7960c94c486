/*
 * An actor written with the waPC project's own kit for AssemblyScript, and its message-pack: echo,
 * and the counter behind an http server. ERA is defined when it is compiled: 2021 or later.
 */
import { register, handleCall, hostCall, handleAbort, consoleLog, Result } from "@wapc/as-guest";
import { Decoder, Encoder, Sizer, Writer } from "@wapc/as-msgpack";

// @ts-ignore: given by --use
@inline
const later: bool = bool(LATER);

class Request {
  method: string = "";
  path: string = "";
  headers: i32 = 0;
  host: string = "";
}

function readRequest(payload: ArrayBuffer): Request {
  const request = new Request();
  const decoder = new Decoder(payload);
  for (let n = decoder.readMapSize(); n > 0; n--) {
    const name = decoder.readString();
    if (name == "method") {
      request.method = decoder.readString();
    } else if (name == "path") {
      request.path = decoder.readString();
    } else if (name == "header") {
      readHeaders(decoder, request);
    } else {
      decoder.skip();
    }
  }
  return request;
}

function readHeaders(decoder: Decoder, request: Request): void {
  for (let n = decoder.readMapSize(); n > 0; n--) {
    const isHost = decoder.readString() == "Host";
    request.headers++;
    for (let k: u32 = later ? decoder.readArraySize() : 1; k > 0; k--) {
      const value = decoder.readString();
      if (isHost) request.host = value;
    }
  }
}

function writeQuestion(writer: Writer, key: string): void {
  writer.writeMapSize(2);
  writer.writeString("key");
  writer.writeString(key);
  writer.writeString("value");
  writer.writeInt32(1);
}

function question(key: string): ArrayBuffer {
  const sizer = new Sizer();
  writeQuestion(sizer, key);
  const out = new ArrayBuffer(sizer.length);
  writeQuestion(new Encoder(out), key);
  return out;
}

function readCount(answer: ArrayBuffer): i32 {
  const decoder = new Decoder(answer);
  if (later) return decoder.readInt32();
  let count = 0;
  for (let n = decoder.readMapSize(); n > 0; n--) {
    if (decoder.readString() == "value") count = decoder.readInt32();
    else decoder.skip();
  }
  return count;
}

function writeResponse(writer: Writer, code: u16, body: ArrayBuffer): void {
  writer.writeMapSize(4);
  writer.writeString("statusCode");
  writer.writeUInt16(code);
  writer.writeString("status");
  writer.writeString(code == 200 ? "OK" : "No");
  writer.writeString("header");
  writer.writeMapSize(1);
  writer.writeString("Content-Type");
  if (later) writer.writeArraySize(1);
  writer.writeString("text/plain");
  writer.writeString("body");
  writer.writeByteArray(body);
}

function response(code: u16, text: string): Result<ArrayBuffer> {
  const body = String.UTF8.encode(text);
  const sizer = new Sizer();
  writeResponse(sizer, code, body);
  const out = new ArrayBuffer(sizer.length);
  writeResponse(new Encoder(out), code, body);
  return Result.ok(out);
}

register("echo", function (payload: ArrayBuffer): Result<ArrayBuffer> {
  return Result.ok(payload);
});

register("fail", function (payload: ArrayBuffer): Result<ArrayBuffer> {
  return Result.error<ArrayBuffer>(new Error("as you wish"));
});

register("abort", function (payload: ArrayBuffer): Result<ArrayBuffer> {
  throw new Error("thrown");
});

register(later ? "HttpServer.HandleRequest" : "HandleRequest", function (payload: ArrayBuffer): Result<ArrayBuffer> {
  const request = readRequest(payload);
  consoleLog(request.method + " " + request.path);
  if (request.method != "GET") return response(405, "GET a path\n");
  const answer = hostCall("default", "wasmcloud:keyvalue", later ? "KeyValue.Increment" : "Add", question(request.path));
  if (!answer.isOk) return Result.error<ArrayBuffer>(answer.error()!);
  return response(200, request.host + request.path + " " + readCount(answer.get()).toString());
});

export function __guest_call(operationSize: usize, payloadSize: usize): bool {
  return handleCall(operationSize, payloadSize);
}

function abort(message: string | null, fileName: string | null, line: u32, column: u32): void {
  handleAbort(message, fileName, line, column);
}
