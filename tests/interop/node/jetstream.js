'use strict';
/* JetStream: acknowledged publishes, pull and push consumers, the key-value store. */
const { AckPolicy, StorageType, consumerOpts, createInbox, headers } = require('nats');
const { WAIT_MS, assert, numbers, open, take, text, using, within } = require('./check');

const STREAM = 'INTEROP_NODE';
const BUCKET = 'interop_node';

/* stream() - @body with a connection and a fresh stream over interop.js.node.> */
async function stream(place, body) {
  await using(place, ['admin'], async (nc) => {
    const manager = await nc.jetstreamManager({ timeout: WAIT_MS });
    await manager.streams.delete(STREAM).catch(() => {});
    await manager.streams.add({ name: STREAM, subjects: ['interop.js.node.>'], storage: StorageType.Memory });
    try {
      await body(nc, nc.jetstream({ timeout: WAIT_MS }), manager);
    } finally {
      await manager.streams.delete(STREAM);
    }
  });
}

async function publishes_are_acknowledged(place) {
  await stream(place, async (nc, js, manager) => {
    for (let seq = 1; seq <= 10; seq += 1) {
      const ack = await js.publish('interop.js.node.pub', text.encode('x'));
      assert.deepStrictEqual([ack.stream, ack.seq, ack.duplicate], [STREAM, seq, false]);
    }
    await js.publish('interop.js.node.pub', text.encode('x'), { msgID: 'once' });
    const again = await js.publish('interop.js.node.pub', text.encode('x'), { msgID: 'once' });
    assert.deepStrictEqual([again.seq, again.duplicate], [11, true]);
    const info = await manager.streams.info(STREAM);
    assert.strictEqual(info.state.messages, 11);
  });
}

async function a_pull_consumer_fetches_and_acknowledges(place) {
  await stream(place, async (nc, js, manager) => {
    await manager.consumers.add(STREAM, { durable_name: 'puller', ack_policy: AckPolicy.Explicit });
    const h = headers();
    h.set('Colour', 'red');
    for (const n of numbers(0, 10)) {
      await js.publish('interop.js.node.pull', text.encode(n), { headers: h });
    }
    const consumer = await js.consumers.get(STREAM, 'puller');
    for (const [from, to] of [[0, 4], [4, 10]]) {
      const batch = await consumer.fetch({ max_messages: to - from, expires: WAIT_MS });
      const got = await take(batch, to - from, 'fetched');
      assert.deepStrictEqual(got.map((m) => text.decode(m.data)), numbers(from, to));
      for (const m of got) {
        assert.strictEqual(m.subject, 'interop.js.node.pull');
        assert.strictEqual(m.headers.get('Colour'), 'red');
        assert(await m.ackAck(), 'no answer to the acknowledgement');
      }
    }
    const info = await manager.consumers.info(STREAM, 'puller');
    assert.deepStrictEqual([info.num_pending, info.num_ack_pending], [0, 0]);
  });
}

/* Whatever the subject: the rule's `streams` names the stream, not what is in it. */
async function a_stream_is_read_whole_by_number_and_without_a_filter(place) {
  await stream(place, async (nc, js, manager) => {
    for (const n of ['a', 'b']) await js.publish(`interop.js.node.whole.${n}`, text.encode(n));
    const second = await manager.streams.getMessage(STREAM, { seq: 2 });
    assert.deepStrictEqual([second.subject, text.decode(second.data)], ['interop.js.node.whole.b', 'b']);
    const deliver = createInbox();
    const sub = nc.subscribe(deliver);
    await manager.consumers.add(STREAM, { deliver_subject: deliver, ack_policy: AckPolicy.None });
    const got = await take(sub, 2, 'whole');
    assert.deepStrictEqual(got.map((m) => text.decode(m.data)), ['a', 'b']);
  });
}

/* An ack wait longer than all patience: nothing comes again because this side was slow. */
function subscribe(js, deliver) {
  const options = consumerOpts().durable('pusher').deliverTo(deliver).manualAck().ackExplicit().ackWait(300000);
  return js.subscribe('interop.js.node.push', options);
}

/*
 * Until the server has noticed that the connection the consumer was bound to has gone: what is published
 * before is pushed to nobody. It tells nobody, so it is asked.
 */
async function unbound(manager) {
  const end = Date.now() + WAIT_MS;
  while ((await manager.consumers.info(STREAM, 'pusher')).push_bound) {
    assert(Date.now() < end, 'the consumer stays bound to who has gone');
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

async function a_durable_push_consumer_survives_a_reconnect(place) {
  await stream(place, async (nc, js, manager) => {
    const deliver = createInbox();
    const first = await open(place, place.admin);
    const before = await subscribe(first.jetstream({ timeout: WAIT_MS }), deliver);
    for (const n of numbers(0, 3)) await js.publish('interop.js.node.push', text.encode(n));
    const seen = await take(before, 3, 'pushed');
    assert.deepStrictEqual(seen.map((m) => text.decode(m.data)), numbers(0, 3));
    for (const m of seen) assert(await m.ackAck());
    await first.close();
    await unbound(manager);

    await js.publish('interop.js.node.push', text.encode('3'));
    const after = await subscribe(js, deliver);
    await js.publish('interop.js.node.push', text.encode('4'));
    const rest = await take(after, 2, 'pushed');
    assert.deepStrictEqual(rest.map((m) => text.decode(m.data)), ['3', '4']);
    for (const m of rest) assert(await m.ackAck());
  });
}

/* A client that did not make the consumer asks for its deliver subject and listens there. */
async function a_consumer_is_bound_by_what_it_says_of_itself(place) {
  await stream(place, async (nc, js, manager) => {
    const config = { durable_name: 'named', ack_policy: AckPolicy.Explicit, deliver_subject: createInbox() };
    await manager.consumers.add(STREAM, config);
    const info = await manager.consumers.info(STREAM, 'named');
    const sub = nc.subscribe(info.config.deliver_subject);
    for (const n of numbers(0, 3)) await js.publish('interop.js.node.bound', text.encode(n));
    const got = await take(sub, 3, 'bound');
    assert.deepStrictEqual(got.map((m) => text.decode(m.data)), numbers(0, 3));
  });
}

async function an_ordered_consumer_reads_all(place) {
  await stream(place, async (nc, js) => {
    for (const n of numbers(0, 50)) await js.publish('interop.js.node.ordered', text.encode(n));
    const options = consumerOpts().orderedConsumer();
    const sub = await js.subscribe('interop.js.node.ordered', options);
    const got = await take(sub, 50, 'ordered');
    assert.deepStrictEqual(got.map((m) => text.decode(m.data)), numbers(0, 50));
  });
}

/* store() - @body with a fresh bucket; its history holds all that a watcher may be behind. */
async function store(place, body) {
  await using(place, ['admin'], async (nc) => {
    const js = nc.jetstream({ timeout: WAIT_MS });
    const kv = await js.views.kv(BUCKET, { history: 30, storage: StorageType.Memory });
    try {
      await body(kv);
    } finally {
      await kv.destroy();
    }
  });
}

async function key_value_put_get_update_delete(place) {
  await store(place, async (kv) => {
    const put = await kv.put('door.state', text.encode('open'));
    assert.strictEqual(text.decode((await kv.get('door.state')).value), 'open');
    await kv.update('door.state', text.encode('closed'), put);
    await assert.rejects(kv.update('door.state', text.encode('ajar'), put));
    await assert.rejects(kv.create('door.state', text.encode('new')));
    assert.strictEqual(text.decode((await kv.get('door.state')).value), 'closed');
    await kv.delete('door.state');
    assert.strictEqual((await kv.get('door.state')).operation, 'DEL');
    const past = await take(await kv.history({ key: 'door.state' }), 3, 'history');
    assert.deepStrictEqual(past.map((e) => e.operation), ['PUT', 'PUT', 'DEL']);
  });
}

async function a_watcher_sees_what_is_and_what_comes(place) {
  await store(place, async (kv) => {
    await kv.put('watched.a', text.encode('before'));
    await kv.put('other', text.encode('unseen'));
    const watcher = await kv.watch({ key: 'watched.*' });
    for (const n of numbers(0, 20)) await kv.put('watched.b', text.encode(n));
    const got = await take(watcher, 21, 'watched');
    assert.deepStrictEqual(got.map((e) => text.decode(e.value)), ['before', ...numbers(0, 20)]);
    watcher.stop();
    const keys = await within((async () => {
      const out = [];
      for await (const key of await kv.keys()) out.push(key);
      return out.sort();
    })(), 'keys');
    assert.deepStrictEqual(keys, ['other', 'watched.a', 'watched.b']);
  });
}

module.exports = {
  publishes_are_acknowledged,
  a_pull_consumer_fetches_and_acknowledges,
  a_stream_is_read_whole_by_number_and_without_a_filter,
  a_durable_push_consumer_survives_a_reconnect,
  a_consumer_is_bound_by_what_it_says_of_itself,
  an_ordered_consumer_reads_all,
  key_value_put_get_update_delete,
  a_watcher_sees_what_is_and_what_comes,
};
