/** undici 8 is installed by test/clients only; what is used of it has undici 7's types. */
declare module "undici8" {
  export * from "undici";
}
