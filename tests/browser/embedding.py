"""A page of somebody else with the pad in it, as HTML: whose pad, and in which language."""

ALLOW = {"Access-Control-Allow-Origin": "*"}
PAGE = """<!doctype html><html lang="{lang}"><title>A garden</title><link rel="icon" href="data:,">
<style>
button {{ display: none; }}
garabato-pad {{ width: 500px; --color-accent: rgb(0, 128, 0); }}
</style>
<script>
told = [];
for (const name of ["engine", "picture", "problem"])
    addEventListener(`garabato-${{name}}`, ({{ detail }}) => told.push([name, detail]));
</script>
<script type="module" src="{host}/page/garabato-pad.js"></script>
<garabato-pad src="{host}/card.json"></garabato-pad>"""
