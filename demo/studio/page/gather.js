// The files that somebody dropped, folders and what is in them included.

// [{ file, name }] of a drop or of an input, where a name has the folders that the file lies in. `oncount(n)` hears how
// many have been found so far.
export async function gather(source, oncount) {
    const found = [];
    const add = (file, name) => {
        if (hidden(name)) return;
        found.push({ file, name });
        oncount(found.length);
    };
    const entries = [...(source.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length) for (const entry of entries) await walk(entry, add);
    else for (const file of source.files ?? source) add(file, file.webkitRelativePath || file.name);
    return found;
}

async function walk(entry, add) {
    const name = entry.fullPath.replace(/^\//, "");
    if (entry.isFile) {
        const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
        if (file) add(file, name); // Else it has gone meanwhile.
        return;
    }
    if (hidden(name)) return;
    const reader = entry.createReader();
    for (;;) { // It gives a hundred at a time.
        const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
        if (!some.length) return;
        for (const each of some) await walk(each, add);
    }
}

// What a system keeps for itself beside somebody's photos.
function hidden(name) {
    const last = name.split("/").pop();
    return last.startsWith(".") || last === "Thumbs.db" || last === "desktop.ini" || name.includes("__MACOSX");
}
