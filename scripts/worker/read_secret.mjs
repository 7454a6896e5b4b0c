// Reads a secret that wg-run handed over: Node, nothing but its library.
//
// readSecret() returns a Buffer, closes the descriptor and deletes both variables
// from process.env, so that programs started afterwards find nothing. Call it
// once, early. value.fill(0) wipes the Buffer when it is no longer needed. Where
// it stops: a string made from it cannot be wiped, and what becomes of the value
// afterwards is yours.
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAX = 1 << 20; // bytes; wg-run hands over no more

export function readSecret(name = 'API_KEY') {
  const upper = name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  const variable = `WG_${upper}_FD`;
  const fail = (why, cause) => new Error(`reading ${variable}: ${why}`, cause && { cause });
  const text = process.env[variable];
  delete process.env[variable];
  delete process.env[`WG_${upper}_FILE`];
  if (text === undefined) throw fail('it is not set: was this started by wg-run?');
  if (!/^[0-9]{1,9}$/.test(text)) throw fail("it does not hold a descriptor's number");
  const fd = Number(text);
  let stat;
  try {
    stat = fs.fstatSync(fd);
  } catch (e) {
    throw fail('the descriptor is not open', e);
  }
  if (!stat.isFIFO() && !stat.isSocket() && !stat.isFile()) {
    throw fail('the descriptor is neither a pipe, a socket nor a memory file');
  }
  const buffer = Buffer.alloc(MAX + 1);
  let n = 0;
  try {
    // A memory file is read from its start: the offset is shared with whoever
    // else inherited it.
    for (let got = -1; got !== 0 && n < buffer.length; n += got) {
      got = fs.readSync(fd, buffer, n, buffer.length - n, stat.isFile() ? n : null);
    }
  } finally {
    fs.closeSync(fd);
  }
  if (n > MAX) throw fail(`more than ${MAX} bytes`);
  if (n === 0) throw fail('nothing to read: it was read before');
  return buffer.subarray(0, n);
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === '--length') {
  console.log(readSecret(process.argv[3]).length);
}
