/** Whether a request goes out on a connection that has answered others before, as undici's diagnostics say (H9). */

import { subscribe, unsubscribe } from "node:diagnostics_channel";

const SEND_HEADERS = "undici:client:sendHeaders";

/**
 * To be called when undici begins a request: it sends the headers in the same turn, and says on which
 * socket. The answer is false where that is not known.
 */
export function reusedConnection(): () => boolean {
  let isReused = false;
  const note = (message: unknown): void => {
    unsubscribe(SEND_HEADERS, note);
    const { socket } = message as { socket?: { bytesRead?: number; alpnProtocol?: unknown } };
    // HTTP/2 has its own way to say which requests were not processed.
    isReused = (socket?.bytesRead ?? 0) > 0 && socket?.alpnProtocol !== "h2";
  };
  subscribe(SEND_HEADERS, note);
  queueMicrotask(() => unsubscribe(SEND_HEADERS, note));
  return () => isReused;
}
