// All projects: make, name, copy and throw away; and the trash, from which they come back.

import { make } from "../pad/dom.js";
import { post, remove } from "./api.js";
import { askName, askWhether } from "./dialogs.js";
import { attempt, button, keep, point, problem, say, show } from "./keep.js";
import { ago, bytes, text } from "./words.js";

export function makeProjects(store) {
    const trouble = problem();
    const welcome = make("p", { class: "welcome" }, text("welcome"));
    const list = make("ul", { class: "projects", "aria-label": text("projects") });
    const free = make("p", { class: "aside" });
    const thrown = make("ul", { class: "trash" });
    const trash = make("details", { hidden: "" }, make("summary", {}, text("trash")), make("p", { class: "aside" }, text("trash_kept")), thrown);
    const fresh = button(text("new"), trouble, create, "primary");
    const element = make("section", { class: "list" }, welcome, make("div", { class: "row" }, fresh, free), trouble, list, trash);

    async function create() {
        const name = await askName(text("new_name"), "", text("make"));
        if (!name) return;
        const { id } = await post("projects", { name });
        location.hash = `#/${id}/photos`;
    }

    // What is done with a project, and then seen.
    const acting = (words, act) => button(words, trouble, async () => {
        await act();
        await store.refresh();
    });

    function build({ id }) {
        const project = () => store.state.projects.find((each) => each.id === id);
        const named = (words, done, act) => acting(words, async () => {
            const name = await askName(words, words === text("copy") ? text("copy_of", project()) : project().name, done);
            if (name) await act(name);
        });
        return make("li", { class: "card" },
            make("a", { class: "cover", href: `#/${id}` }, make("img", { alt: "", loading: "lazy" }), make("span", { class: "name" })),
            make("p", { class: "aside" }),
            make("div", { class: "row" },
                named(text("rename"), text("rename"), (name) => post(`projects/${id}/rename`, { name })),
                named(text("copy"), text("copy"), (name) => post(`projects/${id}/copy`, { name })),
                acting(text("delete"), async () => {
                    if (await askWhether(text("delete_asks", project()), text("delete_kept"), text("delete"))) await remove(`projects/${id}`);
                })));
    }

    function refresh(node, { name, changed, size, thumbnail }) {
        const picture = node.querySelector("img");
        say(node.querySelector(".name"), name);
        say(node.querySelector(".aside"), `${ago(changed)} · ${bytes(size)}`);
        show(picture, Boolean(thumbnail));
        if (thumbnail) point(picture, "src", thumbnail);
    }

    function buildThrown({ id, name }) {
        const back = make("button", { type: "button", class: "tool", onclick: () => attempt(back, trouble, async () => {
            await post(`trash/${id}/restore`);
            await store.refresh();
        }) }, text("restore"));
        return make("li", { class: "row" }, make("span", { class: "name" }, name), back);
    }

    function update(state) {
        show(welcome, state.projects.length === 0);
        say(free, text("free", { size: bytes(state.free) }));
        keep(list, state.projects, ({ id }) => id, build, refresh);
        show(trash, state.trash.length > 0);
        keep(thrown, state.trash, ({ id }) => id, buildThrown);
    }

    return { element, update };
}
