/**
 * Hosts with a network of their own each, as namespaces of Linux. They reach an identity provider over one switch and a
 * store over another, which can part one host from the store alone: what it sends is then lost without a word.
 */

import { spawnSync } from "node:child_process";

/** Networks of the range for tests (RFC 2544), of each process its own. */
const NUMBER = process.pid % 126;
const IDP_NET = `198.18.${2 * NUMBER}`;
const STORE_NET = `198.18.${2 * NUMBER + 1}`;

/** All networks that this process may make, as PostgreSQL writes it. */
export const EVERY_NETWORK = "198.18.0.0/16";

/** What the system removes goes some time later: a name is used once. */
let made = 0;

/** Why there can be no such network here, for a test that has to be left out; `undefined` if there can be. */
export const withoutNamespaces = canMakeNamespaces()
  ? undefined
  : "needs root and ip (Debian: iproute2) for hosts of its own";

/** Makes so many hosts. This process is both the identity provider's host and the store's. @param {number} count */
export function makeNetwork(count) {
  made += 1;
  const prefix = `fa${process.pid}${"abcdefgh"[made % 8]}`;
  const idpSwitch = `${prefix}i`;
  const storeSwitch = `${prefix}s`;
  const hosts = Array.from({ length: count }, (_, n) => `${prefix}h${n}`);
  const remove = () => {
    for (const host of hosts) spawnSync("ip", ["netns", "del", host]);
    for (const name of [idpSwitch, storeSwitch]) spawnSync("ip", ["link", "del", name]);
  };
  try {
    makeSwitch(idpSwitch, IDP_NET);
    makeSwitch(storeSwitch, STORE_NET);
    for (const [n, host] of hosts.entries()) {
      ip(`netns add ${host}`);
      connect(host, idpSwitch, `${host}i`, `${IDP_NET}.${n + 2}`);
      connect(host, storeSwitch, `${host}s`, `${STORE_NET}.${n + 2}`);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return {
    idpAddress: `${IDP_NET}.1`,
    storeAddress: `${STORE_NET}.1`,
    /** With these, a process is forked on that host. @param {number} n @returns {import("node:child_process").ForkOptions} */
    on: (n) => ({ execPath: "ip", execArgv: ["netns", "exec", hosts[n] ?? "", process.execPath] }),
    /** Takes the cable to the store out of its switch; the host sees no change. @param {number} n */
    part: (n) => ip(`link set ${hosts[n]}s nomaster`),
    /** Puts it back. @param {number} n */
    join: (n) => ip(`link set ${hosts[n]}s master ${storeSwitch}`),
    remove,
  };
}

/**
 * By default a bridge has the lowest address of its cables: with that cable it would change, and other hosts would go on
 * sending to the former one.
 * @param {string} name @param {string} net
 */
function makeSwitch(name, net) {
  ip(`link add ${name} address 02:00:00:00:00:ff type bridge`);
  ip(`addr add ${net}.1/24 dev ${name}`);
  ip(`link set ${name} up`);
}

/** @param {string} host @param {string} toSwitch @param {string} cable @param {string} address */
function connect(host, toSwitch, cable, address) {
  const card = `${cable}0`;
  ip(`link add ${cable} type veth peer name ${card} netns ${host}`);
  ip(`link set ${cable} master ${toSwitch} up`);
  ip(`-n ${host} addr add ${address}/24 dev ${card}`);
  ip(`-n ${host} link set ${card} up`);
}

/** @param {string} command */
function ip(command) {
  const { status, stderr } = spawnSync("ip", command.split(" "), { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${command}: ${stderr}`);
}

function canMakeNamespaces() {
  const probe = `fa${process.pid}p`;
  const isMade = spawnSync("ip", ["netns", "add", probe]).status === 0;
  if (isMade) spawnSync("ip", ["netns", "del", probe]);
  return isMade;
}
