// The drawing: steps on a canvas, with undo and redo. Knows nothing of buttons or models.
//
// A step is a stroke, a picture or a clean sheet. It is kept as it was made, places and widths in units of the
// canvas's shorter side, from its middle: on a canvas of another size or shape the same drawing is made again,
// and what is beyond its borders comes back with a wider one.

const SCALE = 2; // Drawn at twice the model's size, so that strokes look smooth on a large screen.

// `canvas` is an HTML canvas; `onchange(finished, drawn = true)` is called after each bit of a stroke
// with false, and with true when the stroke, or anything else that changes the drawing, is done. Of a
// stroke that ends nothing is `drawn`: its last bit was.
export class Drawing {
    constructor(canvas, onchange) {
        this.canvas = canvas;
        this.context = canvas.getContext("2d", { willReadFrequently: true });
        this.onchange = onchange;
        this.steps = [];
        this.undone = []; // Steps to make again, the latest last.
        this.pen = null; // The stroke that is under way, its last place in canvas pixels.
    }

    // A canvas for drawings of `width` x `height` pixels, which is seen with at least `least` pixels a row.
    prepare([width, height], least, background) {
        this.background = background;
        const scale = Math.max(SCALE, least / width);
        this.canvas.width = Math.round(width * scale);
        this.canvas.height = Math.round(height * scale);
        this.unit = Math.min(this.canvas.width, this.canvas.height);
        this.repeat();
    }

    get started() { return this.steps.length > 0; }

    get repeatable() { return this.undone.length > 0; }

    // ---- Strokes: places in canvas pixels, width as a share of the shorter side ----------------

    down(at, color, width) {
        const stroke = { color, points: [] };
        this.#made(stroke);
        this.pen = { stroke, at };
        this.#add(at, width);
        this.#dot(stroke, at, width * this.unit);
        this.onchange(false);
    }

    move(to, width) {
        this.#add(to, width);
        this.#line(this.pen.stroke, this.pen.at, to, width * this.unit);
        this.pen.at = to;
        this.onchange(false);
    }

    up() {
        if (!this.pen) return;
        this.pen = null;
        this.onchange(true, false);
    }

    // ---- All at once --------------------------------------------------------------------------

    clear() {
        if (this.pen || !this.started) return;
        this.#made({ sheet: null });
        this.#wipe();
        this.onchange(true);
    }

    place(image) { // A picture, as large as fits.
        const { canvas, context } = this;
        const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
        const [w, h] = [image.width * scale, image.height * scale];
        const draw = () => context.drawImage(image, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
        const pixels = () => new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        context.imageSmoothingQuality = "high";
        context.clearRect(0, 0, canvas.width, canvas.height);
        draw();
        const seen = pixels();
        this.#wipe();
        draw();
        // Ink of the background's own colour on a transparent sheet is seen on the opposite.
        const [ground] = pixels();
        if (seen.some((pixel) => pixel >>> 24 > 127) && pixels().every((pixel) => pixel === ground) && seen.some((pixel) => pixel >>> 24 < 128)) {
            context.fillStyle = "white";
            context.globalCompositeOperation = "difference";
            context.fillRect(0, 0, canvas.width, canvas.height);
            context.globalCompositeOperation = "source-over";
            draw();
        }
        const sheet = new OffscreenCanvas(canvas.width, canvas.height);
        sheet.getContext("2d").drawImage(canvas, 0, 0);
        this.#made({ sheet, width: canvas.width / this.unit, height: canvas.height / this.unit });
        this.onchange(true);
    }

    undo() { this.#step(this.steps, this.undone); }

    redo() { this.#step(this.undone, this.steps); }

    // Make all steps again, from the last that covered the canvas.
    repeat() {
        this.#wipe();
        const first = this.steps.findLastIndex((step) => "sheet" in step);
        for (const step of this.steps.slice(Math.max(0, first))) this.#repeated(step);
    }

    // Canvas pixels of a place in the window.
    placeOf(event) {
        const box = this.canvas.getBoundingClientRect();
        return [(event.clientX - box.left) * this.canvas.width / box.width, (event.clientY - box.top) * this.canvas.height / box.height];
    }

    #step(from, to) {
        if (this.pen || !from.length) return;
        to.push(from.pop());
        this.repeat();
        this.onchange(true);
    }

    #made(step) {
        this.steps.push(step);
        this.undone = [];
    }

    #add([x, y], width) { // Where the middle of the canvas is the origin.
        const { canvas, unit } = this;
        this.pen.stroke.points.push([(x - canvas.width / 2) / unit, (y - canvas.height / 2) / unit, width]);
    }

    #repeated({ sheet, width, height, color, points }) {
        const { canvas, context, unit } = this;
        const [x, y] = [canvas.width / 2, canvas.height / 2];
        if (sheet) context.drawImage(sheet, x - width * unit / 2, y - height * unit / 2, width * unit, height * unit);
        if (!points) return;
        const at = ([across, down]) => [x + across * unit, y + down * unit];
        for (const [index, point] of points.entries()) {
            if (index) this.#line({ color }, at(points[index - 1]), at(point), point[2] * unit);
            else this.#dot({ color }, at(point), point[2] * unit);
        }
    }

    #dot({ color }, at, width) { // A line of no length draws nothing.
        this.context.fillStyle = color ?? this.background;
        this.context.beginPath();
        this.context.arc(...at, width / 2, 0, 2 * Math.PI);
        this.context.fill();
    }

    #line({ color }, from, to, width) {
        this.context.strokeStyle = color ?? this.background;
        this.context.lineWidth = width;
        this.context.lineCap = this.context.lineJoin = "round";
        this.context.beginPath();
        this.context.moveTo(...from);
        this.context.lineTo(...to);
        this.context.stroke();
    }

    #wipe() {
        this.context.fillStyle = this.background;
        this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    }
}
