'use strict';
/* Core NATS: login, publish and subscribe, requests, queue groups, headers, drain, denials. */
const { Empty, ErrorCode, Events, createInbox, headers } = require('nats');
const { WAIT_MS, assert, numbers, open, take, text, using, within } = require('./check');

const MANY = 200;

async function login_with_creds(place) {
  await using(place, ['admin'], (nc) => nc.flush());
}

async function a_stranger_is_refused(place) {
  await assert.rejects(open(place, place.stranger), { code: ErrorCode.AuthorizationViolation });
}

async function publish_and_subscribe(place) {
  await using(place, ['service', 'admin'], async (receiver, sender) => {
    const sub = receiver.subscribe('interop.pub.>');
    await receiver.flush();
    numbers(0, MANY).forEach((n) => sender.publish('interop.pub.numbers', text.encode(n)));
    const got = await take(sub, MANY, 'message');
    assert.deepStrictEqual(got.map((m) => text.decode(m.data)), numbers(0, MANY));
  });
}

async function payloads_of_any_size_arrive_unchanged(place) {
  await using(place, ['service', 'admin'], async (receiver, sender) => {
    const sub = receiver.subscribe('interop.large');
    await receiver.flush();
    const data = Uint8Array.from({ length: 300000 }, (_, i) => (i * 7) & 255);
    const sizes = [0, 1, 4095, 65536, data.length];
    sizes.forEach((n) => sender.publish('interop.large', n ? data.subarray(0, n) : Empty));
    const got = await take(sub, sizes.length, 'payload');
    got.forEach((m, i) => {
      assert(Buffer.from(m.data).equals(Buffer.from(data.subarray(0, sizes[i]))), `size ${sizes[i]}`);
    });
  });
}

async function request_and_reply(place) {
  await using(place, ['service', 'admin'], async (service, asker) => {
    service.subscribe('interop.svc.echo', { callback: (_, m) => m.respond(m.data) });
    await service.flush();
    const ask = async (n, noMux) => {
      const answer = await asker.request('interop.svc.echo', text.encode(n), { timeout: WAIT_MS, noMux });
      assert.strictEqual(text.decode(answer.data), n);
    };
    await Promise.all(numbers(0, MANY).map((n) => ask(n, false)));
    await Promise.all(numbers(0, 20).map((n) => ask(n, true)));
  });
}

async function one_request_many_answers(place) {
  await using(place, ['service', 'admin'], async (service, asker) => {
    service.subscribe('interop.svc.many', {
      callback: (_, m) => numbers(0, 5).forEach((n) => m.respond(text.encode(n))),
    });
    await service.flush();
    const answers = await asker.requestMany('interop.svc.many', Empty, { maxMessages: 5, maxWait: WAIT_MS });
    const got = await take(answers, 5, 'answer');
    assert.deepStrictEqual(got.map((m) => text.decode(m.data)), numbers(0, 5));
  });
}

async function a_request_nobody_hears_ends_at_once(place) {
  await using(place, ['admin'], async (nc) => {
    await assert.rejects(nc.request('interop.nobody', Empty, { timeout: WAIT_MS }),
      { code: ErrorCode.NoResponders });
  });
}

async function a_queue_group_shares_messages(place) {
  await using(place, ['service', 'service', 'service', 'admin'], async (...all) => {
    const sender = all.pop();
    const counts = all.map(() => 0);
    const subs = all.map((nc, i) => nc.subscribe('interop.queue', {
      queue: 'workers', callback: () => { counts[i] += 1; },
    }));
    await Promise.all(all.map((nc) => nc.flush()));
    numbers(0, MANY).forEach((n) => sender.publish('interop.queue', text.encode(n)));
    await sender.flush();
    await Promise.all(subs.map((sub) => within(sub.drain(), 'drain')));
    assert.strictEqual(counts.reduce((a, b) => a + b), MANY);
    assert(counts.every((n) => n > 0), `a member got nothing: ${counts}`);
  });
}

async function headers_travel(place) {
  await using(place, ['service', 'admin'], async (receiver, sender) => {
    const sub = receiver.subscribe('interop.headers');
    await receiver.flush();
    const h = headers();
    h.append('Colour', 'red');
    h.append('Colour', 'dark blue');
    h.set('empty', '');
    sender.publish('interop.headers', text.encode('body'), { headers: h });
    const [m] = await take(sub, 1, 'message');
    assert.deepStrictEqual(m.headers.values('Colour'), ['red', 'dark blue']);
    assert.deepStrictEqual(m.headers.values('empty'), ['']);
    assert.deepStrictEqual([...m.headers.keys()].sort(), ['Colour', 'empty']);
    assert.strictEqual(text.decode(m.data), 'body');
  });
}

async function a_subscription_ends_by_itself(place) {
  await using(place, ['service', 'admin'], async (receiver, sender) => {
    const sub = receiver.subscribe('interop.limited', { max: 5 });
    await receiver.flush();
    numbers(0, 9).forEach((n) => sender.publish('interop.limited', text.encode(n)));
    const got = [];
    const all = (async () => {
      for await (const m of sub) got.push(text.decode(m.data));
    })();
    await within(all, 'the end of the subscription');
    assert.deepStrictEqual(got, numbers(0, 5));
  });
}

async function drain_loses_nothing(place) {
  await using(place, ['admin'], async (sender) => {
    const receiver = await open(place, place.service);
    let count = 0;
    receiver.subscribe('interop.drain', { callback: () => { count += 1; } });
    await receiver.flush();
    numbers(0, MANY).forEach((n) => sender.publish('interop.drain', text.encode(n)));
    await sender.flush();
    await within(receiver.drain(), 'drain');
    assert.strictEqual(count, MANY);
    assert(receiver.isClosed());
  });
}

async function a_denial_leaves_the_connection_open(place) {
  await using(place, ['service'], async (nc) => {
    const statuses = nc.status();
    const denied = nc.subscribe('forbidden.x');
    const ended = (async () => {
      for await (const m of denied) assert.fail(`delivered ${m.subject}`);
    })();
    await assert.rejects(within(ended, 'the subscription\'s end'), { code: ErrorCode.PermissionsViolation });
    nc.publish('forbidden.x', Empty);
    const [first, second] = await take(statuses, 2, 'status');
    for (const status of [first, second]) {
      assert.strictEqual(status.type, Events.Error);
      assert.strictEqual(status.data, ErrorCode.PermissionsViolation);
    }
    const sub = nc.subscribe('interop.denied');
    nc.publish('interop.denied', text.encode('yes'));
    const [m] = await take(sub, 1, 'message');
    assert.strictEqual(text.decode(m.data), 'yes');
  });
}

/*
 * As wRPC calls: R is the asker's inbox, S the one it is answered with; parameters go to S.params, results
 * to R.results. Neither may publish to the other's inbox but for what was asked of it.
 */
async function a_call_streams_below_the_inboxes_of_both_sides(place) {
  await using(place, ['service', 'admin'], async (called, caller) => {
    const calls = called.subscribe('interop.rpc.node');
    const [R, S] = [createInbox(), createInbox()];
    const accepted = caller.subscribe(R);
    const results = caller.subscribe(`${R}.>`);
    const params = called.subscribe(`${S}.>`);
    await called.flush();
    caller.publish('interop.rpc.node', text.encode('call'), { reply: R });
    const [asked] = await take(calls, 1, 'call');
    called.publish(asked.reply, text.encode('go on'), { reply: S });
    const [answer] = await take(accepted, 1, 'acceptance');
    caller.publish(`${answer.reply}.params`, text.encode('one'));
    caller.publish(`${answer.reply}.params.0`, text.encode('two'));
    const got = await take(params, 2, 'parameter');
    assert.deepStrictEqual(got.map((m) => text.decode(m.data)), ['one', 'two']);
    called.publish(`${asked.reply}.results`, text.encode('three'));
    const [result] = await take(results, 1, 'result');
    assert.strictEqual(text.decode(result.data), 'three');
  });
}

module.exports = {
  login_with_creds,
  a_stranger_is_refused,
  publish_and_subscribe,
  payloads_of_any_size_arrive_unchanged,
  request_and_reply,
  one_request_many_answers,
  a_request_nobody_hears_ends_at_once,
  a_queue_group_shares_messages,
  headers_travel,
  a_subscription_ends_by_itself,
  drain_loses_nothing,
  a_denial_leaves_the_connection_open,
  a_call_streams_below_the_inboxes_of_both_sides,
};
