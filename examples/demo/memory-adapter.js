/** Where the demo's OpenID provider keeps its artefacts: a map, which is gone when the process is. */

/** @typedef {Record<string, any>} Payload */

export class MemoryAdapter {
  /** One map for all models of a provider. */
  static storage() {
    /** @type {Map<string, Payload>} */
    const payloads = new Map();
    return (/** @type {string} */ model) => new MemoryAdapter(model, payloads);
  }

  /** @param {string} model @param {Map<string, Payload>} payloads */
  constructor(model, payloads) {
    this.model = model;
    this.payloads = payloads;
  }

  /** @param {string} id */
  #key(id) {
    return `${this.model}:${id}`;
  }

  /** @param {string} id @param {Payload} payload */
  async upsert(id, payload) {
    this.payloads.set(this.#key(id), payload);
  }

  /** @param {string} id */
  async find(id) {
    return this.payloads.get(this.#key(id));
  }

  /** @param {string} uid */
  async findByUid(uid) {
    return [...this.payloads.values()].find((payload) => payload.uid === uid);
  }

  /** @param {string} userCode */
  async findByUserCode(userCode) {
    return [...this.payloads.values()].find((payload) => payload.userCode === userCode);
  }

  /** @param {string} id */
  async consume(id) {
    const payload = this.payloads.get(this.#key(id));
    if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
  }

  /** @param {string} id */
  async destroy(id) {
    this.payloads.delete(this.#key(id));
  }

  /** @param {string} grantId */
  async revokeByGrantId(grantId) {
    for (const [key, payload] of this.payloads) if (payload.grantId === grantId) this.payloads.delete(key);
  }
}
