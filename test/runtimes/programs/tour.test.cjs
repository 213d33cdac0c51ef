// @ts-nocheck: it runs where the package is installed, which is nowhere in this repository
const { mkdtempSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { tmpdir } = require("node:os");
const faucet = require("faucet-auth");
const tour = require("./tour.cjs");

test("tour", async () => {
  writeFileSync("jest.json", await tour(faucet, { createServer, mkdtempSync, tmpdir }));
});
