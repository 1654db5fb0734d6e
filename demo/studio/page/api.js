// Ask the studio's server. What it refuses is an Error whose message is a plain sentence that can be shown.

const OURS = { "X-Garabato": "1" }; // Which the form of a foreign page cannot send.

// The answer to a request, from JSON; `body` goes as JSON. `error.status` is 0 where nobody answered.
export async function ask(method, path, body) {
    const options = { method, headers: { ...OURS }, cache: "no-store" };
    if (body !== undefined) {
        options.headers["Content-Type"] = "application/json";
        options.body = JSON.stringify(body);
    }
    let response;
    try {
        response = await fetch(`api/${path}`, options);
    } catch {
        throw refused(0);
    }
    const told = await response.json().catch(() => ({}));
    if (!response.ok) throw refused(response.status, told.error);
    return told;
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const put = (path, body) => ask("PUT", path, body);
export const remove = (path) => ask("DELETE", path);

// Send a file under its name, which may have folders; `onsent(bytes)` hears how much of it has left. Resolves to the
// server's answer; `signal` ends it.
export function send(path, file, name, onsent, signal) {
    return new Promise((resolve, reject) => {
        // What a file is sent by: fetch does not tell how far it is.
        const request = new XMLHttpRequest();
        const told = () => { try { return JSON.parse(request.responseText); } catch { return {}; } };
        request.open("POST", `api/${path}`);
        request.setRequestHeader("X-Garabato", OURS["X-Garabato"]);
        request.setRequestHeader("X-Name", encodeURIComponent(name)); // Headers are Latin letters only.
        request.setRequestHeader("Content-Type", "application/octet-stream");
        request.upload.onprogress = (event) => onsent(event.loaded);
        request.onload = () => (request.status < 300 ? resolve(told()) : reject(refused(request.status, told().error)));
        request.onerror = () => reject(refused(0));
        request.onabort = () => reject(signal.reason);
        signal.addEventListener("abort", () => request.abort(), { once: true });
        request.send(file);
    });
}

function refused(status, sentence) {
    return Object.assign(new Error(sentence ?? ""), { status, known: Boolean(sentence) });
}
