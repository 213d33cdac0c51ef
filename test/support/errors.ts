/** The error that `work` ends with, which it must. */
export async function errorOf(work: () => unknown): Promise<Error & Record<string, unknown>> {
  try {
    await work();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("no error was thrown");
}
