import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

/**
 * Makes the WebAssembly that the bot loads of the text that people read; both are kept, so that
 * nothing has to be built. `--check` only says whether they differ, and then fails.
 */
const SOURCE = 'src/gemini/stream/base64.wat';
const TARGET = 'src/gemini/stream/base64.wasm';
const isCheck = process.argv.includes('--check');

const { parseWat } = await wabt();
const module = parseWat(SOURCE, readFileSync(SOURCE, 'utf8'), { simd: true });
module.validate();
const { buffer } = module.toBinary({});
module.destroy();

if (!isCheck) {
  writeFileSync(TARGET, buffer);
} else if (!readFileSync(TARGET).equals(buffer)) {
  process.stdout.write(`${TARGET} is not what ${SOURCE} says. Make it with: npm run assemble\n`);
  process.exitCode = 1;
}
