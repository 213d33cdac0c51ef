/**
 * A server on a Unix socket that nobody else may connect to, from its first instant on (L4): it is made in a folder of
 * its own, which only this user may enter, and gets its name once its mode is right. A name that a dead server has left
 * is taken over; that of a living one never.
 */

import { chmod, link, lstat, mkdtemp, rename, rm, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { ConfigError } from "faucet-auth";

/** The name of a socket. */
export interface SocketFile {
  /** Takes the name away, unless it is another server's by now. */
  hide(): Promise<void>;
}

/** Listens on `path`, an absolute one. Rejects with a `ConfigError` where that is another's, or cannot be made. */
export async function listenOnSocket(server: Server, path: string): Promise<SocketFile> {
  try {
    return await listenIn(await privateFolderBeside(path), server, path);
  } catch (error) {
    server.close();
    const { code, message } = error as NodeJS.ErrnoException;
    throw error instanceof SocketFault || code === undefined ? faultOf(path, message) : faultOf(path, reasonOf(code));
  }
}

/** Why a socket cannot be had, in words. */
class SocketFault extends Error {}

async function listenIn(folder: string, server: Server, path: string): Promise<SocketFile> {
  try {
    const draft = join(folder, "s");
    await listen(server, draft);
    await chmod(draft, 0o600);
    const { ino, dev } = await lstat(draft);
    await clearAway(path, join(folder, "old"));
    await publish(draft, path);
    return {
      async hide() {
        const found = await lstat(path).catch(() => undefined);
        if (found?.ino === ino && found.dev === dev) await unlink(path).catch(() => {});
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function privateFolderBeside(path: string): Promise<string> {
  const prefix = join(dirname(path), ".fa-");
  const longest = process.platform === "linux" ? 107 : 103;
  if (Math.max(Buffer.byteLength(path), Buffer.byteLength(prefix) + "XXXXXX/old".length) > longest) {
    throw new SocketFault(`is too long for a socket: with the names that are made beside it, ${longest} bytes at most`);
  }
  return mkdtemp(prefix);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Makes room for a new socket where a dead server has left its own. */
async function clearAway(path: string, aside: string): Promise<void> {
  const found = await lstat(path).catch(unlessMissing);
  if (found === undefined) return;
  if (!found.isSocket()) throw new SocketFault("is there already, and is no socket");
  if (await isAlive(path)) throw new SocketFault(IN_USE);
  await rename(path, aside).catch(unlessMissing);
  // Another server may have taken the place of the dead one in the meantime: it gets its name back.
  if (!(await isAlive(aside))) return;
  await link(aside, path).catch(() => {});
  throw new SocketFault(IN_USE);
}

/** A link, unlike a rename, takes nobody's name away who was quicker. */
async function publish(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new SocketFault(IN_USE);
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK"].includes(code ?? "")) throw error;
    await rename(draft, path);
  }
}

const IN_USE = "another broker listens there";

/** Whether somebody listens. Who cannot be asked may be alive. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isAnswered: boolean): void => {
      socket.destroy();
      resolve(isAnswered);
    };
    socket.once("connect", () => end(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => end(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function reasonOf(code: string): string {
  return REASONS[code] ?? `cannot be made (${code})`;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "its folder cannot be written to by this user",
  ENOENT: "its folder is not there",
  ENOTDIR: "its folder is no folder",
  EPERM: "is another user's",
  EROFS: "its folder cannot be written to",
};

function faultOf(path: string, message: string): ConfigError {
  return new ConfigError("broker", [{ path: "socket", message: `${path} ${message}` }]);
}
