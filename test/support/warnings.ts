import { onTestFinished } from "vitest";

export interface HeardWarnings {
  /** The warnings of the process since then, oldest first; each has been emitted when this resolves. */
  all(): Promise<(Error & { code?: string })[]>;
}

/** Hears the warnings of this process until the test ends, or those of one code: an earlier test may still cause some. */
export function hearWarnings(code?: string): HeardWarnings {
  const heard: (Error & { code?: string })[] = [];
  const hear = (warning: Error & { code?: string }) => {
    if (code === undefined || warning.code === code) heard.push(warning);
  };
  process.on("warning", hear);
  onTestFinished(() => {
    process.off("warning", hear);
  });
  return {
    async all() {
      // A warning is emitted in the turn after the one that it is made in.
      await new Promise(setImmediate);
      return heard;
    },
  };
}
