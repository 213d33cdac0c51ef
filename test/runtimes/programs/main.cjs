// @ts-nocheck: it runs where the package is installed, which is nowhere in this repository
const { mkdtempSync } = require("node:fs");
const { createServer } = require("node:http");
const { tmpdir } = require("node:os");
const faucet = require("faucet-auth");
const tour = require("./tour.cjs");

tour(faucet, { createServer, mkdtempSync, tmpdir }).then((report) => process.stdout.write(report));
