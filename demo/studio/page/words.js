// Words, numbers and times, as people of the visitor's language say them.

import { language, speak } from "../pad/dom.js";

const TEXTS = await (await fetch(new URL("texts.json", import.meta.url))).json();
const LANGUAGE = language();
const SCALES = [["day", 86_400], ["hour", 3600], ["minute", 60]];

// A function from a key of texts.json (and values to fill in) to words.
export const text = speak(TEXTS);

// The words of a key if there are any, else `otherwise`.
export const known = (key, otherwise) => (Object.hasOwn(TEXTS[LANGUAGE], key) ? text(key) : otherwise);

export const number = (value, digits = 0) => value.toLocaleString(LANGUAGE, { maximumFractionDigits: digits });

const measured = (value, unit, digits = 0, unitDisplay = "long") =>
    new Intl.NumberFormat(LANGUAGE, { style: "unit", unit, unitDisplay, maximumFractionDigits: digits }).format(value);

export function bytes(count) {
    if (count < 1e6) return measured(Math.ceil(count / 1e3), "kilobyte", 0, "short");
    if (count < 1e9) return measured(count / 1e6, "megabyte", count < 1e7 ? 1 : 0, "short");
    return measured(count / 1e9, "gigabyte", 1, "short");
}

export const milliseconds = (count) => measured(count, "millisecond", count < 10 ? 1 : 0, "short");

// "3 minutes", in the largest unit that fits, hours with their half.
export function duration(seconds) {
    if (seconds < 60) return measured(Math.max(1, Math.round(seconds)), "second");
    if (seconds < 5400) return measured(Math.round(seconds / 60), "minute");
    return measured(Math.round(seconds / 1800) / 2, "hour", 1);
}

// "2 hours ago", of seconds since 1970.
export function ago(time) {
    const seconds = Date.now() / 1000 - time;
    const [unit, length] = SCALES.find(([, each]) => seconds >= each) ?? ["second", 1];
    if (seconds < 60) return text("just_now");
    return new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" }).format(-Math.round(seconds / length), unit);
}

// "14:30", of seconds since 1970, with its day where that is another.
export function clock(time) {
    const when = new Date(time * 1000);
    const day = when.toDateString() === new Date().toDateString() ? {} : { weekday: "long" };
    return when.toLocaleString(LANGUAGE, { ...day, hour: "2-digit", minute: "2-digit" });
}

// What went wrong, in a sentence: the server's own, or that nobody answers.
export function sentence(error) {
    if (error.known) return error.message;
    return error.status === undefined ? text("failed", { reason: error.message }) : text(error.status ? "refused" : "lost", { status: error.status });
}
