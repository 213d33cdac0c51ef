// @ts-nocheck: it runs where the package is installed, which is nowhere in this repository
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import * as faucet from "faucet-auth";
import tour from "./tour.cjs";

process.stdout.write(await tour(faucet, { createServer, mkdtempSync, tmpdir }));
