import { defineConfig } from "vite";

// The rooms are `wrangler dev`'s; on your account one Worker can serve both.
export default defineConfig({ server: { proxy: { "/rooms": { target: "http://localhost:8787", ws: true } } } });
