import { defineConfig } from "vite";

// The page. Names carry a hash of the content, so the server lets browsers keep them for ever;
// nothing in the output depends on the time or the machine.
export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
});
