// The line of what is at work and what waits, on top of every page: a bar, a time left, and a cancel each.

import { make } from "../pad/dom.js";
import { post } from "./api.js";
import { attempt, bar, keep, problem, say, show } from "./keep.js";
import { duration, known, text } from "./words.js";

export const OPEN = ["waiting", "running"];
const ENDED = ["finished", "failed", "interrupted", "cancelled"];

export const jobName = (job) => known(`job_${job.kind}`, job.kind);

// What is said of a job beside its bar.
export function told(job) {
    if (job.state === "waiting") return text("waits");
    const step = job.step && known(`step_${job.step.replace(/ /g, "_")}`, job.step);
    const left = job.left !== null && text("left", { time: duration(job.left) });
    return [step, left].filter(Boolean).join(", ") || text("begins");
}

// The line, as { element, update(state) }; `announce(words)` is for who listens.
export function makeLine(store, announce) {
    const list = make("ol", { class: "line", "aria-label": text("line") });
    const trouble = problem();
    const element = make("section", { class: "jobs" }, list, trouble);
    let before = new Map();

    function build(job) {
        const name = make("a", { class: "name", href: `#/${job.project}` });
        const node = make("li", {}, name, bar(jobName(job)), cancel(job, trouble, store));
        return node;
    }

    function update(state) {
        const open = state.line.filter((job) => OPEN.includes(job.state));
        show(element, open.length > 0);
        keep(list, open, (job) => `${job.project}/${job.number}`, build, (node, job) => {
            const project = state.projects.find(({ id }) => id === job.project);
            say(node.querySelector(".name"), `${project?.name ?? job.project}: ${jobName(job)}`);
            node.querySelector(".bar").set(job.state === "waiting" ? 0 : job.share, told(job));
        });
        tell(state);
    }

    // Once for each job, when it begins and when it is over.
    function tell(state) {
        const now = new Map(state.projects.flatMap(({ name, job }) => (job ? [[`${job.project}/${job.number}`, [job, name]]] : [])));
        for (const [key, [job, name]] of now) {
            const [was] = before.get(key) ?? [];
            if (was?.state === job.state || (!was && ENDED.includes(job.state))) continue;
            announce(`${name}: ${jobName(job)}: ${text(`state_${job.state}`)}`);
        }
        before = now;
    }

    return { element, update };
}

// The button that ends a job; what is said at once, as the end itself may take a second.
export function cancel(job, trouble, store) {
    const node = make("button", { type: "button", class: "tool", onclick: () => attempt(node, trouble, async () => {
        say(node, text("cancelling"));
        try {
            await post(`projects/${job.project}/jobs/${job.number}/cancel`);
        } catch (error) {
            say(node, text("cancel"));
            throw error;
        } finally {
            await store.refresh();
        }
    }) }, text("cancel"));
    return node;
}
