'use strict';
/*
 * What the checks share: connections by creds file, and small waits that end.
 * A check is an async function (place) that throws when something is wrong.
 */
const fs = require('fs');
const assert = require('assert');
const { connect, credsAuthenticator, StringCodec } = require('nats');

const WAIT_MS = 60000;
const text = StringCodec();

async function open(place, creds, options = {}) {
  return connect({
    servers: place.url,
    ...(process.env.INTEROP_CA ? { tls: { caFile: process.env.INTEROP_CA } } : {}),
    authenticator: credsAuthenticator(fs.readFileSync(creds)),
    timeout: WAIT_MS,
    reconnect: false,
    ...options,
  });
}

/* within() - @promise, or an error naming @what when it does not come. */
async function within(promise, what, ms = WAIT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/* take() - the next @count of an async iterable, as their texts. */
async function take(iterable, count, what) {
  const out = [];
  const iterator = iterable[Symbol.asyncIterator]();
  while (out.length < count) {
    const { value, done } = await within(iterator.next(), `${what} ${out.length}`);
    assert(!done, `${what}: ended after ${out.length}`);
    out.push(value);
  }
  return out;
}

function numbers(from, to) {
  return Array.from({ length: to - from }, (_, i) => String(from + i));
}

/* using() - run @body with connections by the named creds, and close them whatever happens. */
async function using(place, names, body) {
  const connections = [];
  try {
    for (const name of names) {
      connections.push(await open(place, place[name]));
    }
    return await body(...connections);
  } finally {
    await Promise.all(connections.map((c) => c.close()));
  }
}

module.exports = { WAIT_MS, assert, numbers, open, take, text, using, within };
