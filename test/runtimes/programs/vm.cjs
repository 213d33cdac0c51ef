// @ts-nocheck: it runs where the package is installed, which is nowhere in this repository
/** As plugin hosts and test runners do: a script of `vm`, which has no import(). */

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname } = require("node:path");
const vm = require("node:vm");

function load(file) {
  const module = { exports: {} };
  const wrapper = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "utf8")}\n})`;
  const own = createRequire(file);
  const requireHere = (name) => (name.startsWith(".") || name === "faucet-auth" ? load(own.resolve(name)) : own(name));
  new vm.Script(wrapper, { filename: file }).runInThisContext()(
    module.exports,
    requireHere,
    module,
    file,
    dirname(file),
  );
  return module.exports;
}

load(require.resolve("./main.cjs"));
