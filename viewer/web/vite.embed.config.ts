import { defineConfig } from "vite";

// The custom element: one file under a name that stays, without style sheets or chunks beside it.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/embed",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    rollupOptions: { input: "src/embed/element.tsx", output: { entryFileNames: "v1.js", codeSplitting: false } },
  },
});
