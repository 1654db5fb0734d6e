// Isolate the page from other sites, without which WebAssembly has no threads. That takes two headers;
// where the host does not send them our own service worker does, from the second load on.

// Registers the service worker, which also keeps the page for when there is no network. Resolves
// to true when the page is loading again; false when it can go on, with threads or without.
export async function isolate() {
    if (!navigator.serviceWorker) return false; // http from another machine, or a private window.
    try {
        const controlled = Boolean(navigator.serviceWorker.controller);
        await navigator.serviceWorker.register(new URL("../service-worker.js", import.meta.url));
        await Promise.race([navigator.serviceWorker.ready, new Promise((done) => setTimeout(done, 5000))]);
        if (!controlled) await controller();
        if (crossOriginIsolated || !navigator.serviceWorker.controller || sessionStorage.isolated) return false;
        sessionStorage.isolated = "tried"; // Once: a browser that will not be told is left alone.
        location.reload();
        return true;
    } catch {
        return false; // Storage is switched off: the page runs, without threads and only online.
    }
}

function controller() {
    if (navigator.serviceWorker.controller) return null;
    return Promise.race([
        new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true })),
        new Promise((done) => setTimeout(done, 3000)),
    ]);
}
