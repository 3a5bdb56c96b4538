// SPDX-License-Identifier: Apache-2.0
//
// A run of the JavaScript client against a server: node smoke.mjs URL. Each check prints
// `ok <what>` or `FAIL <what>: <reason>`; the exit code is 0 only if all of them passed.

import { connect, headers as makeHeaders } from "@nats-io/transport-node";

const WAIT_MS = 5000;

function mustBe(condition, what) {
  if (!condition) throw new Error(what);
}

// The client takes no credentials from the URL: user:password@ and token@ are handed over.
async function connected(url) {
  const { host, username, password } = new URL(url);
  const login = password ? { user: username, pass: password } : { token: username || undefined };
  return connect({ servers: host, reconnect: false, timeout: WAIT_MS, ...login });
}

// The next `count` messages of a subscription, as they were received.
async function take(subscription, count) {
  const messages = [];
  for await (const message of subscription) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

async function publishAndSubscribe(url) {
  const client = await connected(url);
  const subscription = client.subscribe("js.pubsub.*", { timeout: WAIT_MS });
  for (let i = 0; i < 1000; i += 1) client.publish("js.pubsub.x", String(i));
  const messages = await take(subscription, 1000);
  mustBe(messages.every((message, i) => message.string() === String(i)), "order or content");
  await client.close();
}

async function payloadSizes(url) {
  const client = await connected(url);
  const sizes = [0, 1, 4096, 65536, 1048576];
  const subscription = client.subscribe("js.size", { timeout: WAIT_MS });
  for (const size of sizes) client.publish("js.size", new Uint8Array(size).fill(size % 251));
  const messages = await take(subscription, sizes.length);
  messages.forEach((message, i) => {
    mustBe(message.data.length === sizes[i], `size ${sizes[i]}`);
    mustBe(message.data.every((byte) => byte === sizes[i] % 251), `content of ${sizes[i]}`);
  });
  await client.close();
}

async function queueGroup(url) {
  const clients = [await connected(url), await connected(url)];
  const counts = [0, 0];
  clients.forEach((client, i) => {
    client.subscribe("js.job", { queue: "workers", callback: () => { counts[i] += 1; } });
  });
  for (const client of clients) await client.flush();
  for (let i = 0; i < 400; i += 1) clients[0].publish("js.job", "x");
  for (const client of clients) await client.flush();
  mustBe(counts[0] + counts[1] === 400, `each message once: ${counts}`);
  mustBe(Math.min(...counts) > 50, `both members work: ${counts}`);
  for (const client of clients) await client.close();
}

async function requestAndReply(url) {
  const service = await connected(url);
  const asker = await connected(url);
  service.subscribe("js.q", { callback: (_, message) => message.respond("42") });
  await service.flush();
  for (let i = 0; i < 100; i += 1) {
    const reply = await asker.request("js.q", "?", { timeout: WAIT_MS });
    mustBe(reply.string() === "42", "answer");
  }
  await service.close();
  await asker.close();
}

async function noResponders(url) {
  const client = await connected(url);
  let refused = false;
  try {
    await client.request("js.nobody", "?", { timeout: WAIT_MS });
  } catch (error) {
    refused = /no responders/i.test(`${error.message} ${error.cause?.message}`);
  }
  mustBe(refused, "a request that nobody takes is refused");
  await client.close();
}

async function headers(url) {
  const client = await connected(url);
  const subscription = client.subscribe("js.headers", { timeout: WAIT_MS });
  const sent = makeHeaders();
  sent.append("Key", "value");
  sent.append("Key", "second");
  client.publish("js.headers", "body", { headers: sent, reply: "re.ply" });
  const [message] = await take(subscription, 1);
  mustBe(message.headers?.values("Key").join() === "value,second", "header values");
  mustBe(message.string() === "body" && message.reply === "re.ply", "payload and reply");
  await client.close();
}

async function unsubscribe(url) {
  const client = await connected(url);
  let limited = 0;
  let steady = 0;
  client.subscribe("js.auto", { max: 3, callback: () => { limited += 1; } });
  client.subscribe("js.auto", { callback: () => { steady += 1; } });
  for (let i = 0; i < 10; i += 1) client.publish("js.auto", "x");
  await client.flush();
  mustBe(limited === 3 && steady === 10, `messages: ${limited} and ${steady}`);
  await client.close();
}

async function drain(url) {
  const client = await connected(url);
  const publisher = await connected(url);
  let seen = 0;
  client.subscribe("js.drain", { callback: () => { seen += 1; } });
  await client.flush();
  for (let i = 0; i < 100; i += 1) publisher.publish("js.drain", "x");
  await publisher.flush();
  await client.drain();
  mustBe(seen === 100, `messages before the end of the drain: ${seen}`);
  mustBe(client.isClosed(), "closed after the drain");
  await publisher.close();
}

const CHECKS = {
  "publish and subscribe": publishAndSubscribe,
  "payload sizes": payloadSizes,
  "queue group": queueGroup,
  "request and reply": requestAndReply,
  "no responders": noResponders,
  headers,
  unsubscribe,
  drain,
};

const url = process.argv[2];
if (!url) {
  console.error("usage: node smoke.mjs URL");
  process.exit(2);
}
let failed = 0;
for (const [what, check] of Object.entries(CHECKS)) {
  try {
    await check(url);
    console.log(`ok ${what}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${what}: ${error.message}`);
  }
}
process.exit(failed ? 1 : 0);
