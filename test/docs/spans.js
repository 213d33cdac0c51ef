/** For programs that make spans: each is printed when it ends. */

import { trace } from "@opentelemetry/api";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";

trace.setGlobalTracerProvider(
  new BasicTracerProvider({
    spanProcessors: [
      {
        onStart() {},
        onEnd: ({ name, attributes }) => process.stdout.write(`span: ${name} ${JSON.stringify(attributes)}\n`),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  }),
);
