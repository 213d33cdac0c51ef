#!/usr/bin/env node
/** The program `faucet-auth`: the command line, run in this very process. */

import { runCommandLine } from "./command-line.js";
import { processSurroundings } from "./process-surroundings.js";

process.exitCode = await runCommandLine(process.argv.slice(2), processSurroundings());
