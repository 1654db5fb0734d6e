// The wall of photos, from which some are taken out, and those that look nearly the same.

import { make } from "../pad/dom.js";
import { remove } from "./api.js";
import { button, keep, point, say, show } from "./keep.js";
import { number, text } from "./words.js";

export function makeWall(store, id, trouble) {
    const groups = make("ul", { class: "groups" });
    const alike = make("details", { class: "alike", hidden: "" }, make("summary", {}), make("p", { class: "aside" }, text("alike_why")), groups);
    const photos = make("ul", { class: "wall", "aria-label": text("wall") });
    const more = make("p", { class: "aside" });
    const element = make("div", {}, alike, photos, more);

    const out = async (...ids) => {
        for (const each of ids) await remove(`projects/${id}/photos/${encodeURIComponent(each)}`);
        await store.refresh();
    };

    function photo({ id: name, url }) {
        const away = button("×", trouble, () => out(name), "away");
        away.title = away.ariaLabel = text("take_out", { name });
        return make("li", {}, make("img", { src: url, alt: name, title: name, loading: "lazy" }), away);
    }

    function group(ids) {
        return make("li", {}, make("ul", { class: "wall small" }), button(text("keep_one"), trouble, () => out(...ids.slice(1))));
    }

    function update({ count, thumbnails }, near) {
        const urls = new Map(thumbnails.map((each) => [each.id, each.url]));
        show(alike, near.length > 0);
        say(alike.firstElementChild, text("alike", { n: number(near.length) }));
        keep(groups, near, (ids) => ids.join("/"), group, (node, ids) =>
            keep(node.firstElementChild, ids.filter((each) => urls.has(each)).map((each) => ({ id: each, url: urls.get(each) })), (each) => each.id, photo));
        keep(photos, thumbnails, (each) => each.id, photo, (node, { url }) => point(node.firstElementChild, "src", url));
        show(more, count > thumbnails.length);
        say(more, text("more_photos", { n: number(count - thumbnails.length) }));
    }

    return { element, update };
}
