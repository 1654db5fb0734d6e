// Step 3: training. A plan, then how it comes along: time left, the same drawings through time, a canvas that answers.

import { make } from "../pad/dom.js";
import { post } from "./api.js";
import { makeCanvas } from "./canvas.js";
import { makeChart } from "./chart.js";
import { bar, button, problem, say, show } from "./keep.js";
import { OPEN, told } from "./line.js";
import { howLong, makePlan } from "./plan.js";
import { makeThrough } from "./through.js";
import { clock, duration, number, text } from "./words.js";

const KINDS = ["prepare", "fit"];
const WRONG = ["failed", "interrupted"];

export function makeTraining(store, id) {
    const trouble = problem();
    const plan = makePlan(id);
    const doing = (words, path, body, kind) => button(words, trouble, async () => {
        await post(`projects/${id}/${path}`, body());
        await store.refresh();
    }, kind);
    const begin = doing(text("begin"), "train", () => {
        const { style, background, plants } = store.project.choice;
        return { style, background, plants, ...plan.given() };
    }, "primary");
    const planned = make("div", { class: "panel" }, plan.element, make("div", { class: "row" }, begin));
    const anew = make("details", {}, make("summary", {}, text("anew")), make("p", { class: "aside" }, text("anew_why")));

    const progress = bar(text("job_fit"));
    const stop = button(text("stop"), trouble, async () => {
        say(stop, text("cancelling"));
        try {
            await post(`projects/${id}/stop`);
            await store.refresh();
        } finally {
            say(stop, text("stop"));
        }
    });
    stop.title = text("stop_why");
    const facts = make("p", { class: "facts" });
    const running = make("div", { class: "panel" }, make("div", { class: "row" }, progress, stop), facts);

    const why = make("p", { class: "advice", role: "status" });
    const onward = doing(text("go_on"), "more", () => ({ minutes: 0 }), "primary"); // To the time that was asked for.
    const longer = howLong("longer");
    const more = doing(text("train_longer"), "more", () => ({ minutes: longer.minutes() }));
    const resting = make("div", { class: "panel" }, why, make("div", { class: "row" }, onward),
        make("details", {}, make("summary", {}, text("longer")), longer.element, make("div", { class: "row" }, more)));

    const through = makeThrough();
    const canvas = makeCanvas();
    const chart = makeChart();
    const next = make("a", { class: "primary", href: `#/${id}/taking` }, text("on_to_taking"));
    const first = make("p", { class: "advice" }, text("photos_first"), " ", make("a", { href: `#/${id}/photos` }, text("step_photos")));
    const element = make("section", { "aria-label": text("step_training") },
        trouble, first, running, resting, planned, canvas.element, through.element, chart.element, anew, make("div", { class: "onward" }, next));

    function update(state, project) {
        const { training, photos, model, jobs } = project;
        const [newest, before] = jobs.filter(({ kind }) => KINDS.includes(kind));
        // What comes after a job that failed is cancelled: that one says why.
        const last = newest?.state === "cancelled" && WRONG.includes(before?.state) ? before : newest;
        const open = jobs.findLast(({ kind, state: each }) => KINDS.includes(kind) && OPEN.includes(each));
        const began = Boolean(training?.images || training?.can_go_on);
        show(first, photos.count === 0 && !began);
        show(running, Boolean(open));
        show(resting, !open && began);
        show(planned, !open && (began || photos.count > 0));
        show(anew, !open && began);
        if (began !== (planned.parentNode === anew)) (began ? (node) => anew.append(node) : (node) => resting.after(node))(planned);
        plan.update(state, project);
        if (open) {
            progress.set(open.state === "waiting" ? 0 : open.share, told(open));
            say(stop, stop.ariaBusy === "true" ? text("cancelling") : text("stop"));
        }
        say(facts, factsOf(training, open));
        show(facts, facts.textContent !== "");
        say(why, reason(training, last));
        show(onward, Boolean(training?.can_go_on) && last?.state !== "finished");
        if (!began && WRONG.includes(last?.state) && !open) say(trouble, last.why);
        canvas.update(model);
        through.update(training?.samples ?? []);
        chart.update(training?.losses ?? []);
        show(next, Boolean(model || training?.images));
    }

    function factsOf(training, open) {
        if (!training) return "";
        const { images, images_per_second: speed, ends } = training;
        return [
            images ? text("seen", { n: number(images) }) : "",
            open && speed ? text("speed", { n: number(speed, 1) }) : "",
            open?.kind === "fit" && ends ? text("ends", { time: clock(ends) }) : "",
        ].filter(Boolean).join(" · ");
    }

    function reason(training, last) {
        if (!training) return "";
        const so = training.images ? text("trained", { time: duration(training.seconds), n: number(training.images) }) : text("trained_nothing");
        if (!WRONG.includes(last?.state)) return training.enough ? `${so} ${text("enough")}` : so;
        return [text(`training_${last.state}`), last.why && `(${last.why})`, so].filter(Boolean).join(" ");
    }

    return { element, update };
}
