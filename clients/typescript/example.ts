// Records an entry and reads it back, with the client that is generated from Daybook's OpenAPI document.
//
//	npm ci && npm run generate && npm run build && node out/example.js
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const { DAYBOOK = "http://127.0.0.1:8484", KEY = "" } = process.env;
const daybook = createClient<paths>({ baseUrl: DAYBOOK, headers: { Authorization: `Bearer ${KEY}` } });

const recorded = await daybook.POST("/v1/entries", {
  body: { action: "CREATE", resource_type: "document", resource_id: "from-typescript", user_id: "ada", details: { title: "Plan" } },
});
if (recorded.error) {
  throw new Error(`${recorded.error.code}: ${recorded.error.detail}`);
}

const trail = await daybook.GET("/v1/resources/{type}/{id}/entries", {
  params: { path: { type: "document", id: "from-typescript" }, query: { limit: 1 } },
});
if (trail.error) {
  throw new Error(`${trail.error.code}: ${trail.error.detail}`);
}
const [entry] = trail.data.entries;
if (!entry || !("id" in recorded.data) || entry.id !== recorded.data.id) {
  throw new Error("the entry was not found");
}
console.log(`recorded ${entry.id} by ${entry.recorded_by}`);

// What is wrong is told with its field.
const refused = await daybook.POST("/v1/entries", { body: { action: "create", resource_type: "document" } });
console.log(`refused: ${refused.error?.errors?.[0]?.field} ${refused.error?.errors?.[0]?.reason}`);
