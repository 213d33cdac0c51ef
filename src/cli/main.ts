#!/usr/bin/env node
/** The program `faucet-auth`: the command line, run in this very process. */

import { runCommandLine } from "./command-line.js";
import { SUCCESS } from "./exit-status.js";
import { processSurroundings } from "./process-surroundings.js";

const status = await runCommandLine(process.argv.slice(2), processSurroundings());
// Output that could not be written is a failure, whatever became of the command.
if (status !== SUCCESS) process.exitCode = status;
