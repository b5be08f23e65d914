// Runs CPython from the npm package `pyodide` like a `python` command:
//     node pyodide.mjs <directory of the package> [-B] [-E] [-O | -OO] -c CODE [argument …]
// The code can use the current directory and the directory for temporary files.

import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [directory, ...rest] = process.argv.slice(2);
const start = rest.indexOf("-c");
const flags = rest.slice(0, start).filter((flag) => flag.startsWith("-O"));
const [code, ...argv] = rest.slice(start + 1);

const module = pathToFileURL(path.join(directory, "pyodide.mjs"));
const { loadPyodide } = await import(module);
const python = await loadPyodide({ args: flags, env: { HOME: "/home", PYTHONDONTWRITEBYTECODE: rest.includes("-B") ? "1" : "" } });
for (const shared of new Set([os.tmpdir(), process.cwd()])) {
  if (shared !== "/") python.mountNodeFS(shared, shared);
}
python.FS.chdir(process.cwd());
python.globals.set("ARGV", python.toPy(["-c", ...argv]));
python.runPython("import sys\nsys.argv = ARGV");
python.runPython(code);
