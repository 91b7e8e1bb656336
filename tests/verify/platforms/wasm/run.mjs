// Runs a program of wasm32-WASI: node run.mjs PROGRAM [ARGUMENT...]. Its exit status is
// the program's; a trap, as abort() is one, ends with 134. It sees /dev, and a folder of
// its own as /tmp.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';

const TRAPPED = 134;

// node 20 lets WebAssembly call WASI's functions directly, as "fast" calls, during which
// no garbage may be collected; but they allocate, and so it is. What was on the stack is
// then lost, and node crashes. Functions of JavaScript in between prevent that.
function slow(functions) {
    const entries = Object.entries(functions);
    return Object.fromEntries(entries.map(([name, each]) => [name, (...all) => each(...all)]));
}

function run(program, folder) {
    const wasi = new WASI({
        version: 'preview1',
        args: process.argv.slice(2),
        env: process.env,
        preopens: { '/dev': '/dev', '/tmp': folder },
        returnOnExit: true,
    });
    const module = new WebAssembly.Module(readFileSync(program));
    const imports = { wasi_snapshot_preview1: slow(wasi.wasiImport) };
    try {
        return wasi.start(new WebAssembly.Instance(module, imports));
    } catch (trap) {
        console.error(`${program}: ${trap.stack}`);
        return TRAPPED;
    }
}

const folder = mkdtempSync(join(tmpdir(), 'wasm-'));
try {
    process.exitCode = run(process.argv[2], folder);
} finally {
    rmSync(folder, { recursive: true });
}
