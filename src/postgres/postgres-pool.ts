/** What is used of a pool of the `pg` package, 8.11 or later. */

/** A pool of `pg`. */
export interface PostgresPool {
  /** A client for whoever asks, until it is released. */
  connect(): Promise<PostgresPoolClient>;
}

/** A client that belongs to a pool. */
export interface PostgresPoolClient extends PostgresClient {
  /** Gives it back; with `true`, its connection is ended. */
  release(destroy?: boolean): void;
}

/** A connected client. */
export interface PostgresClient {
  /** Runs one statement. */
  query(text: string, values?: unknown[]): Promise<PostgresResult>;
  /** Hears of a connection that has failed. */
  on(event: "error", listener: () => void): unknown;
  /** Hears of that no more. */
  removeListener(event: "error", listener: () => void): unknown;
}

/** What a statement has given. */
export interface PostgresResult {
  /** Its rows, each by the names of its columns. */
  // biome-ignore lint/suspicious/noExplicitAny: what a column has depends on its type and on the pool's parsers
  readonly rows: Record<string, any>[];
}

/** A client that is not connected yet, for notifications. */
export interface ListeningClient extends PostgresClient {
  connect(): Promise<unknown>;
  end(): Promise<unknown>;
  unref(): void;
  on(event: "error" | "end", listener: () => void): unknown;
  on(event: "notification", listener: (message: { readonly channel: string }) => void): unknown;
  /** The process at the other end, as it has said itself: a pooler names none that the server has. */
  readonly processID: number | null;
}

/** What makes such a client. */
export type ListeningClientClass = new (options: object) => ListeningClient;
