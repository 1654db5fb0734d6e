// Keeps the page and all that it has fetched, for when there is no network, and answers with the
// headers that threads need. SHELL and BUILD are put in by build.js.

const CACHE = `garabato-${BUILD}`;
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin" };

self.addEventListener("install", (event) => {
    self.skipWaiting();
    event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL.map((path) => new Request(path, { cache: "reload" })))));
});

self.addEventListener("activate", (event) => {
    event.waitUntil((async () => {
        for (const name of await caches.keys())
            if (name.startsWith("garabato-") && name !== CACHE) await caches.delete(name);
        await self.clients.claim();
    })());
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
    event.respondWith(answer(request));
});

// The page's own files are those of this build. The bundle's may be replaced at any time: the network
// is asked first, with what is here to compare, and what is here serves when there is none.
async function answer(request) {
    const cache = await caches.open(CACHE);
    const path = request.url.slice(self.registration.scope.length);
    const kept = await cache.match(request, { ignoreSearch: true });
    const own = path === "" || path === "index.html" || path.startsWith("page/");
    if (kept && own) return isolated(kept);
    try {
        const found = await fetch(request, own ? {} : { cache: "no-cache" });
        if (found.status === 200) await cache.put(request, found.clone());
        return isolated(found);
    } catch (error) {
        if (kept) return isolated(kept);
        throw error;
    }
}

function isolated(response) {
    if (response.status === 0 || response.type === "opaque") return response;
    const headers = new Headers(response.headers);
    for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
