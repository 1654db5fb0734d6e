"""A static page of several models: a folder for each bundle, and the page that shows them."""

from collections.abc import Sequence
from pathlib import Path

from export import page
from export.complete import complete_bundle
from export.formats import chosen
from export.replace import replacing
from training.errors import UserError
from training.networks.inputs import IMAGE_TO_IMAGE
from training.transfer.bundle import read_bundle


def export_site(site: Path, bundles: Sequence[Path]) -> list[str]:
    """Write the page into `site`, and each bundle into a folder of its name, in this order.

    A bundle is completed with what a browser needs, as `complete_bundle` does; the first is what
    a visitor sees first.

    Returns:
        The names of the folders.

    Raises:
        UserError: two bundles have one name, or one that the page has for itself; or as
            `complete_bundle` does.
    """
    names = [bundle.resolve().name for bundle in bundles]
    taken = {*page.NAMES, page.MODELS}
    for name in names:
        if name in taken:
            raise UserError(f"two bundles cannot both be {site / name}; rename the folder of one")
        taken.add(name)
    with replacing(site, page.MODELS, taken) as folder:
        for name, bundle in zip(names, bundles, strict=True):
            task = read_bundle(bundle).card["task"]
            # What takes noise has no file that a browser needs and a bundle may lack.
            wanted = chosen(["web"], task) if task == IMAGE_TO_IMAGE else []
            complete_bundle(bundle, folder / name, wanted)
        page.write(folder, [f"{name}/" for name in names])
    return names
