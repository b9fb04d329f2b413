// Uses the dialect openai-realtime through the npm package `openai` and prints what it saw as JSON.
// Usage: node dialect_openai_realtime.js 127.0.0.1:PORT

import { connect } from "node:net";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import "./time_limit.js";

const address = process.argv[2];

// The package insists on wss. Without TLS in its connection it speaks ws.
const options = { createConnection: ({ host, port }) => connect(port, host) };

function open({ apiKey = "sk-test", path = "/v1" } = {}) {
  const client = new OpenAI({ apiKey, baseURL: `http://${address}${path}` });
  const realtime = new OpenAIRealtimeWS({ model: "gpt-realtime", options }, client);
  const events = [];
  const errors = [];
  realtime.on("event", (event) => events.push(event));
  realtime.on("error", (error) => errors.push(error));
  return { realtime, events, errors };
}

function next(realtime, type) {
  return new Promise((resolve) => realtime.once(type, resolve));
}

async function close(realtime) {
  const closed = new Promise((resolve) => realtime.socket.once("close", resolve));
  realtime.close();
  await closed;
}

async function ask(realtime, text) {
  const content = [{ type: "input_text", text }];
  const done = next(realtime, "response.done");
  realtime.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content },
  });
  realtime.send({ type: "response.create" });
  return (await done).response;
}

async function conversation() {
  const { realtime, events, errors } = open();
  const { session } = await next(realtime, "session.created");
  const updated = next(realtime, "session.updated");
  const settings = { type: "realtime", output_modalities: ["text"], instructions: "Be short." };
  realtime.send({ type: "session.update", session: settings });
  const changed = (await updated).session;
  let text = "";
  realtime.on("response.output_text.delta", ({ delta }) => (text += delta));
  const said = await ask(realtime, "Hello");
  const types = events.map((event) => event.type);
  const called = await ask(realtime, "What is the weather?");
  const failed = new Promise((resolve) => realtime.once("error", resolve));
  realtime.send({ type: "response.dance", event_id: "e7" });
  const error = await failed;
  await close(realtime);
  const again = open();
  await next(again.realtime, "session.created");
  const repeated = await ask(again.realtime, "Hello again");
  await close(again.realtime);
  return {
    model: session.model,
    instructions: [changed.instructions, changed.audio.output.voice],
    types,
    text,
    said: [said.status, said.output[0].content, said.usage],
    called: called.output.map(({ type, name, arguments: given }) => [type, name, given]),
    error: [error.error.code, error.error.event_id],
    errors: errors.length,
    repeated: repeated.output[0].content,
  };
}

async function cancelled() {
  const { realtime } = open({ path: "/slow/v1" });
  await next(realtime, "session.created");
  const delta = next(realtime, "response.output_audio.delta");
  const done = next(realtime, "response.done");
  realtime.send({ type: "response.create" });
  const audio = await delta;
  realtime.send({ type: "response.cancel" });
  const { response } = await done;
  await close(realtime);
  return [typeof audio.delta, response.status, response.status_details.reason];
}

async function speech() {
  const { realtime, events } = open();
  await next(realtime, "session.created");
  const done = next(realtime, "response.done");
  const audio = Buffer.alloc(4800).toString("base64");
  realtime.send({
    type: "session.update",
    session: { type: "realtime", audio: { input: { transcription: { model: "whisper-1" } } } },
  });
  realtime.send({ type: "input_audio_buffer.append", audio });
  realtime.send({ type: "input_audio_buffer.append", audio });
  await done;
  await close(realtime);
  const heard = events.filter(({ type }) => /speech|committed|transcription/.test(type));
  return heard.map(({ type, audio_start_ms, audio_end_ms, transcript }) => [
    type,
    audio_start_ms ?? audio_end_ms ?? transcript ?? null,
  ]);
}

async function refusal() {
  const { realtime } = open({ apiKey: "sk-another" });
  return (await new Promise((resolve) => realtime.once("error", resolve))).message;
}

const [talked, stopped, heard, refused] = await Promise.all([
  conversation(),
  cancelled(),
  speech(),
  refusal(),
]);
console.log(JSON.stringify({ talked, stopped, heard, refused }));
