/** Asks a broker as any program would: plain HTTP, on a socket or on TCP. */

import { type IncomingHttpHeaders, request } from "node:http";

export interface BrokerReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed, where it is JSON: a text, or what a broker says in one of its answers. */
  readonly body: BrokerBody & string;
}

interface BrokerBody {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expires_at: number | null;
  readonly error: string;
  readonly retry_at: number | null;
}

export interface BrokerQuestion {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
  readonly signal?: AbortSignal;
}

/** To the path `path` of the broker at `place`, the path of a socket or an address. */
export function ask(
  place: string,
  path: string,
  { method = "GET", headers = {}, body, signal }: BrokerQuestion = {},
): Promise<BrokerReply> {
  const target = place.startsWith("http:")
    ? { host: new URL(place).hostname.replace(/[[\]]/g, ""), port: new URL(place).port }
    : { socketPath: place };
  return new Promise((resolve, reject) => {
    const sent = request(
      { ...target, path, method, headers, agent: false, ...(signal && { signal }) },
      async (answer) => {
        let text = "";
        for await (const chunk of answer) text += chunk;
        const isJson = answer.headers["content-type"] === "application/json";
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: isJson && text !== "" ? JSON.parse(text) : text,
        });
      },
    );
    sent.on("error", reject);
    sent.end(typeof body === "object" ? JSON.stringify(body) : body);
  });
}

/** Reports the credential of that id. */
export function report(place: string, name: string, id: string): Promise<BrokerReply> {
  return ask(place, `/${name}/invalidate`, { method: "POST", body: { id } });
}
