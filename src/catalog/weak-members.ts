/** Objects that are kept in mind only as long as somebody uses them. */

/** A set that does not keep its members alive, and keeps nothing of those that are gone. */
export class WeakMembers<T extends object> implements Iterable<T> {
  readonly #members = new Set<WeakRef<T>>();
  readonly #gone = new FinalizationRegistry<WeakRef<T>>((member) => this.#members.delete(member));

  /** Adds an object that is not in the set yet. */
  add(object: T): void {
    const member = new WeakRef(object);
    this.#members.add(member);
    this.#gone.register(object, member);
  }

  /** Those that are still alive. */
  *[Symbol.iterator](): Iterator<T> {
    for (const member of this.#members) {
      const object = member.deref();
      if (object !== undefined) yield object;
    }
  }
}
