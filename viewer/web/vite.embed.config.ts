import { defineConfig } from "vite";

// The custom element: one file under a name that stays, without style sheets or chunks beside it.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/embed",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    lib: { entry: "src/embed/element.tsx", formats: ["es"], fileName: () => "v1.js" },
    rollupOptions: { output: { codeSplitting: false } },
    minify: true,
  },
});
