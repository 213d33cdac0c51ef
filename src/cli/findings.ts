/** What `check` finds: faults, which a pipeline would fail by, and warnings; each at its place in the document. */

/** One thing that is not as it should be. */
export interface Finding {
  readonly severity: "fault" | "warning";
  readonly message: string;
  /** Keys and indices from the top of the document; empty for the document as a whole. */
  readonly path: string;
  /** From 1; absent where the place is not known. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** Where a finding is. */
export type Where = Pick<Finding, "path" | "line" | "column">;

/** A list of findings that grows, each of them once, in the order of the document. */
export class Findings {
  readonly #found = new Map<string, Finding>();

  get all(): readonly Finding[] {
    return [...this.#found.values()].sort((a, b) => orderOf(a, b));
  }

  get faults(): readonly Finding[] {
    return this.all.filter(({ severity }) => severity === "fault");
  }

  fault(where: Where, message: string): void {
    const { path, line, column } = where;
    this.#add({ path, line, column, severity: "fault", message });
  }

  warning(where: Where, message: string): void {
    this.#add({ ...where, severity: "warning", message });
  }

  #add(finding: Finding): void {
    const message = finding.message.replace(/\s*\n\s*/g, " ");
    const { path, line, column } = finding;
    this.#found.set(`${path}\n${line}:${column}\n${message}`, { ...finding, message });
  }
}

function orderOf(a: Finding, b: Finding): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** A finding as compilers print theirs, which editors can follow. */
export function lineOf(file: string, { severity, path, line = 1, column = 1, message }: Finding): string {
  const what = path === "" ? message : `${path}: ${message}`;
  return `${file}:${line}:${column}: ${severity === "warning" ? "warning: " : ""}${what}\n`;
}
