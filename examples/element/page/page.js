// The application's own script: where the log is, how to get a token for who is signed in here, and
// what its ids are called.
const server = await (await fetch("/log-server")).text();
const log = document.querySelector("daybook-log");
log.setAttribute("server", server);
log.getToken = async () => (await fetch("/daybook-token")).text();
log.resolveNames = async (ids) => Object.fromEntries(ids.filter((id) => id === "ada").map((id) => [id, "Ada Lovelace"]));
await import(server + "/embed/v1.js");
