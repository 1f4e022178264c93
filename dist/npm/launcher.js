#!/usr/bin/env node
// Starts the program of the package for this platform, with the same arguments, standard streams,
// signals and exit code. If that cannot be done, the exit code is 2, as for all errors of stopleak.
"use strict";

const { spawn } = require("child_process");
const { constants } = require("os");

const name = `@stopleak/${process.platform}-${process.arch}`;
const program = `${name}/bin/stopleak${process.platform === "win32" ? ".exe" : ""}`;

function stop(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(2);
}

let path;
try {
  path = require.resolve(program);
} catch {
  const known = Object.keys(require("../package.json").optionalDependencies);
  stop(
    known.includes(name)
      ? `the package ${name} is not installed; install stopleak again, without --no-optional and --omit=optional, on this platform`
      : `stopleak has no npm package for ${process.platform} on ${process.arch}; install it with cargo`,
  );
}

const child = spawn(path, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => stop(`${path} could not be started: ${error.message}`));
// A terminal sends its signals to both. The launcher waits, so that the program decides.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("exit", (code, signal) => {
  process.exit(signal ? 128 + (constants.signals[signal] || 0) : code);
});
