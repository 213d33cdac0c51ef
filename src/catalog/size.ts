/** How large a document's values may grow by aliases, merges and references, which double with every line. */

/** Characters; a node counts as so many of them. */
export const NODE_WEIGHT = 64;

/** The most that all values of a document may weigh together. */
export const MOST_WEIGHT: number = 16 * 1024 * 1024;

/** The most levels of lists, mappings and references in each other. */
export const MOST_LEVELS = 200;

export const TOO_LARGE: string = `grows beyond ${MOST_WEIGHT / NODE_WEIGHT} values or ${MOST_WEIGHT} characters by what it refers to`;

export const TOO_DEEP: string = `is more than ${MOST_LEVELS} levels deep`;
