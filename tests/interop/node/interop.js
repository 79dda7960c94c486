'use strict';
/*
 * npm `nats` against the gate, or against nats-server as a control: same checks, same creds.
 *
 *     node interop.js URL ADMIN.creds SERVICE.creds STRANGER.creds [CHECK...]
 */
const checks = { ...require('./core'), ...require('./jetstream') };

async function main([url, admin, service, stranger, ...wanted]) {
  if (!stranger) {
    console.error('usage: interop.js URL ADMIN SERVICE STRANGER [CHECK...]');
    return 2;
  }
  const place = { url, admin, service, stranger };
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (wanted.length && !wanted.includes(name)) continue;
    try {
      await check(place);
      console.log(`ok ${name}`);
    } catch (e) {
      failed += 1;
      console.log(`not ok ${name}: ${String(e.stack || e).replace(/\n/g, ' | ')}`);
    }
  }
  return failed ? 1 : 0;
}

main(process.argv.slice(2)).then((code) => process.exit(code));
