// The drawing: strokes on a canvas, with undo and redo. Knows nothing of buttons or models.

const SCALE = 2; // Drawn at twice the model's size, so that strokes look smooth on a large screen.
const HISTORY = 30; // Undo steps: 1 MB each at 256 px.

// `canvas` is an HTML canvas; `onchange(finished, drawn = true)` is called after each bit of a stroke
// with false, and with true when the stroke, or anything else that changes the drawing, is done. Of a
// stroke that ends nothing is `drawn`: its last bit was.
export class Drawing {
    constructor(canvas, onchange) {
        this.canvas = canvas;
        this.context = canvas.getContext("2d", { willReadFrequently: true });
        this.onchange = onchange;
        this.undone = []; // Pictures to go back to, the latest last.
        this.redone = []; // And forth again.
        this.pen = null; // Where the pen is while it is down, in canvas pixels.
    }

    // A canvas for drawings of `size` pixels.
    prepare(size, background) {
        this.size = size;
        this.background = background;
        this.canvas.width = this.canvas.height = size * SCALE;
        this.wipe();
    }

    get started() { return this.undone.length > 0; }

    // ---- Strokes: places in canvas pixels, width in pixels of a drawing of `size` -------------

    down(at, color, width) {
        this.remember();
        this.pen = { at, color: color ?? this.background };
        this.context.fillStyle = this.pen.color; // A line of no length draws nothing.
        this.context.beginPath();
        this.context.arc(...at, width * SCALE / 2, 0, 2 * Math.PI);
        this.context.fill();
        this.onchange(false);
    }

    move(to, width) {
        this.context.strokeStyle = this.pen.color;
        this.context.lineWidth = width * SCALE;
        this.context.lineCap = this.context.lineJoin = "round";
        this.context.beginPath();
        this.context.moveTo(...this.pen.at);
        this.context.lineTo(...to);
        this.context.stroke();
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
        this.remember();
        this.wipe();
        this.onchange(true);
    }

    place(image) { // A picture, as large as fits.
        this.remember();
        const { canvas, context } = this;
        const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
        const [w, h] = [image.width * scale, image.height * scale];
        const draw = () => context.drawImage(image, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
        const pixels = () => new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        context.imageSmoothingQuality = "high";
        context.clearRect(0, 0, canvas.width, canvas.height);
        draw();
        const seen = pixels();
        this.wipe();
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
        this.onchange(true);
    }

    undo() { this.step(this.undone, this.redone); }

    redo() { this.step(this.redone, this.undone); }

    step(from, to) {
        if (this.pen || !from.length) return;
        to.push(this.copy());
        this.context.drawImage(from.pop(), 0, 0);
        this.onchange(true);
    }

    remember() {
        this.undone.push(this.copy());
        if (this.undone.length > HISTORY) this.undone.shift();
        this.redone = [];
    }

    wipe() {
        this.context.fillStyle = this.background;
        this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    }

    // The drawing on a canvas of its own, as large as the one on the page or of `size` pixels.
    copy(size = this.canvas.width) {
        const other = document.createElement("canvas");
        other.width = other.height = size;
        const target = other.getContext("2d", { willReadFrequently: true });
        target.imageSmoothingQuality = "high";
        target.drawImage(this.canvas, 0, 0, size, size);
        return other;
    }

    // Canvas pixels of a place in the window.
    placeOf(event) {
        const box = this.canvas.getBoundingClientRect();
        const scale = this.canvas.width / box.width;
        return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    }

    get scale() { return SCALE; }
}
