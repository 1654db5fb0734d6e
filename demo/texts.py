"""Every word that the page shows, in English and Spanish."""

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "tagline": "Draw a doodle, get a photograph. It follows every stroke.",
        "picture": "Picture",
        "model": "Model",
        "file": "Number format",
        "blank": "Draw something, or start from an example.",
        "took": "{name}: {milliseconds} ms",
        # The canvas, in the browser.
        "canvas": "Canvas to draw on",
        "here": "Draw here",
        "help": "With the keyboard: arrows move the pen (Shift: finer), Space puts it down and "
        "lifts it, 1 to 9 choose a colour, E erases, + and - change the brush, Ctrl+Z undoes.",
        "colors": "Colours",
        "other": "Any colour",
        "brushes": "Brush",
        "pixels": "{n} pixels wide",
        "eraser": "Eraser",
        "undo": "Undo",
        "clear": "Clear",
        "upload": "Upload a picture",
        "unreadable": "This file is not a PNG, JPEG or WebP picture.",
        "examples": "Start from an example",
        "example": "Example {n}",
        # The words of a card's palette.
        "petal": "petal",
        "centre": "centre",
        "leaf": "leaf",
        "background": "background",
        "pink": "pink",
        "white": "white",
        "yellow": "yellow",
        "red": "red",
        "violet": "violet",
        "brown": "brown",
        "green": "green",
        "black": "black",
    },
    "es": {
        "tagline": "Dibuja un garabato y mira la fotografía. Sigue cada trazo.",
        "picture": "Imagen",
        "model": "Modelo",
        "file": "Formato numérico",
        "blank": "Dibuja algo o empieza con un ejemplo.",
        "took": "{name}: {milliseconds} ms",
        "canvas": "Lienzo para dibujar",
        "here": "Dibuja aquí",
        "help": "Con el teclado: las flechas mueven el lápiz (Mayús: más fino), Espacio lo baja y "
        "lo levanta, 1 a 9 eligen un color, E borra, + y - cambian el pincel, Ctrl+Z deshace.",
        "colors": "Colores",
        "other": "Cualquier color",
        "brushes": "Pincel",
        "pixels": "{n} píxeles de ancho",
        "eraser": "Goma",
        "undo": "Deshacer",
        "clear": "Vaciar",
        "upload": "Subir imagen",
        "unreadable": "Este archivo no es una imagen PNG, JPEG o WebP.",
        "examples": "Empieza con un ejemplo",
        "example": "Ejemplo {n}",
        "petal": "pétalo",
        "centre": "centro",
        "leaf": "hoja",
        "background": "fondo",
        "pink": "rosa",
        "white": "blanco",
        "yellow": "amarillo",
        "red": "rojo",
        "violet": "violeta",
        "brown": "marrón",
        "green": "verde",
        "black": "negro",
    },
}


# As Gradio's own labels take them; the prefix keeps them apart from words that Gradio brings.
LABELS = {
    code: {f"garabato_{key}": texts[key] for key in ("tagline", "picture", "model", "file")}
    for code, texts in TEXTS.items()
}


def language(accept: str | None) -> str:
    """Return the language, "en" or "es", that an `Accept-Language` header asks for first."""
    first = (accept or "").split(",")[0].strip().lower()
    return "es" if first.split("-")[0].split(";")[0] == "es" else "en"
