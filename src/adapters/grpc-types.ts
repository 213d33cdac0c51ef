/** What is used of the types of @grpc/grpc-js, which is no dependency. */

/** A call, as interceptors of grpc-js see it. */
export interface GrpcCall {
  start(metadata: GrpcMetadata, listener?: Partial<GrpcListener>): void;
  sendMessageWithContext(context: object, message: unknown): void;
  sendMessage(message: unknown): void;
  startRead(): void;
  halfClose(): void;
  cancelWithStatus(code: number, details: string): void;
  getPeer(): string;
  getAuthContext?(): unknown;
}

/** The metadata of a call. */
export interface GrpcMetadata {
  set(key: string, value: string): void;
  clone(): GrpcMetadata;
}

/** Hears of an answer. */
export interface GrpcListener {
  onReceiveMetadata(metadata: unknown): void;
  onReceiveMessage(message: unknown): void;
  onReceiveStatus(status: GrpcStatus): void;
}

/** How a call ends. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: unknown;
}

/** What is known of a call before it starts. */
export interface GrpcCallOptions {
  readonly deadline?: Date | number | undefined;
  readonly method_definition: { readonly requestStream: boolean; readonly responseStream: boolean };
}
