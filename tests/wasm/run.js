// run.js FILE - call every exported function without parameters, and say what each gave, told, or that
// it trapped. Values are TYPE:BITS in hexadecimal, as wasm_shell prints them; types come from PLAN, the
// third argument: NAME:RESULTS,... with hexadecimal names and types.
const fs = require('fs');
const view = new DataView(new ArrayBuffer(8));
const log = [];
function bits(type, v) {
  if (type === '7f') return `7f:${(v >>> 0).toString(16)}`;
  if (type === '7e') return `7e:${BigInt.asUintN(64, v).toString(16)}`;
  if (type === '7d') { view.setFloat32(0, v); return `7d:${view.getUint32(0).toString(16)}`; }
  view.setFloat64(0, v);
  return `7c:${view.getBigUint64(0).toString(16)}`;
}
const told = (type) => (v) => log.push(bits(type, v));
const support = { 'log-i32': told('7f'), 'log-i64': told('7e'), 'log-f32': told('7d'), 'log-f64': told('7c') };
let instance;
try {
  const module = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
  instance = new WebAssembly.Instance(module, { 'fuzzing-support': support });
} catch (e) {
  console.log(e instanceof WebAssembly.RuntimeError ? 'link trap' : 'link refused ' + e);
  process.exit(0);
}
for (const entry of process.argv[3].split(',').filter((x) => x)) {
  const [name, results] = entry.split(':');
  let answer;
  try {
    const v = instance.exports[Buffer.from(name, 'hex').toString()]();
    const types = results.match(/../g) || [];
    const values = types.length > 1 ? [...v] : types.length ? [v] : [];
    answer = ['values', ...values.map((x, i) => bits(types[i], x))].join(' ');
  } catch (e) {
    answer = 'trap';
  }
  console.log([answer, 'log', ...log].join(' '));
  log.length = 0;
}
