"""Photos that are sent to the studio: what is taken in, and the zips that were made to do harm."""

import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.studio import alike, plans
from demo.studio.thumbnails import look
from tests.studio_server import Answer, Studio, png, studio, wait, zipped

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Studio]:
    with studio(tmp_path_factory.mktemp("studio")) as made:
        yield made


@pytest.fixture
def project(served) -> str:
    return served.tell("POST", "/projects", {"name": "Photos"})["id"]


def taken(answer: Answer) -> tuple[int, dict[str, int]]:
    assert answer.status == 200, answer.content
    return answer.told["added"], {each["kind"]: each["count"] for each in answer.told["left_out"]}


def saved(kind: str, **options) -> bytes:
    content = io.BytesIO()
    Image.open(io.BytesIO(png(9))).save(content, kind, **options)
    return content.getvalue()


def files(served: Studio, project: str) -> list[str]:
    place = served.place / project
    return sorted(p.relative_to(place).as_posix() for p in (place / "photos").rglob("*.*"))


def test_pictures_are_kept_by_what_they_are_and_shown(served, project):
    pictures = {"a b.PNG": saved("PNG"), "ñ.txt": saved("WEBP"), "../up": saved("JPEG")}
    for name, content in pictures.items():
        assert taken(served.send(project, name.replace("ñ", "%C3%B1"), content)) == (1, {})
    assert files(served, project) == ["photos/a-b.png", "photos/up.jpg", "photos/ñ.webp"]
    told = served.tell("GET", f"/projects/{project}")["photos"]
    assert told["count"] == 3 and told["problem"] is None
    for shown in told["thumbnails"]:
        answer = served.ask("GET", shown["url"])
        assert Image.open(io.BytesIO(answer.content)).size == (72, 72)
    removed = told["thumbnails"][0]["id"]
    served.tell("DELETE", f"/projects/{project}/photos/{removed}")
    assert served.ask("DELETE", f"/api/projects/{project}/photos/{removed}").status == 400
    assert served.tell("GET", f"/projects/{project}")["photos"]["count"] == 2
    assert served.ask("GET", told["thumbnails"][0]["url"]).status == 404


def test_what_is_no_photo_is_left_out_by_kind(served, project):
    content = png(1)
    heic = (Path(__file__).parent / "photos" / "halves.heic").read_bytes()
    place = heic.find(b"mdat") + 4
    sent = zipped(
        {
            "trip/1.png": content,
            "trip/again/1.png": content,
            "small.png": png(2, 20),
            "cut.png": content[:400],
            "spoilt.heic": heic.replace(heic[place : place + 20], b"\xff" * 20),
            "page.png": b"<html>",
            "script.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "inner.zip": zipped({"2.png": png(3)}),
            "__MACOSX/._1.png": b"x",
            ".DS_Store": b"x",
        }
    )
    expected = {"twice": 1, "too-small": 1, "damaged": 2, "not-a-picture": 3}
    assert taken(served.send(project, "trip.zip", sent)) == (1, expected)
    assert files(served, project) == ["photos/1.png"]
    told = served.tell("GET", f"/projects/{project}")["photos"]
    assert {each["kind"]: each["count"] for each in told["left_out"]} == expected


def test_names_that_lead_out_of_the_zip_and_links_are_left_out(served, project):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name in ("../out.png", "/etc/out.png", "a/../../out.png", "..\\out.png", "C:\\out.png"):
            packed.writestr(zipfile.ZipInfo(name), png(4))
        for number, kind in enumerate((stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR)):
            link = zipfile.ZipInfo(f"link{number}.png")
            link.create_system, link.external_attr = 3, (kind | 0o777) << 16
            packed.writestr(link, "/etc/passwd")
        packed.writestr("in.png", png(5))
    before = {path for path in served.place.parent.rglob("*") if path.name.startswith("out")}
    assert taken(served.send(project, "x.zip", content.getvalue())) == (
        1,
        {"outside": 5, "link": 3},
    )
    assert files(served, project) == ["photos/in.png"]
    assert before == {path for path in served.place.parent.rglob("*") if path.name[:3] == "out"}


def test_bombs_are_left_out_and_nothing_of_them_stays(served, project):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open("zeros.png", "w", force_zip64=True) as zeros:
            for _ in range(110):
                zeros.write(bytes(2**20))
        packed.writestr("pixels.png", of_many_pixels())
    assert len(content.getvalue()) < 200_000
    assert taken(served.send(project, "bomb.zip", content.getvalue())) == (0, {"too-large": 2})
    lying = bytearray(zipped({"a.png": bytes(5000)}))  # Says that it is small.
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = lying.index(mark) + place
        lying[at : at + 4] = struct.pack("<I", 10)
    assert taken(served.send(project, "lie.zip", bytes(lying)))[0] == 0
    assert files(served, project) == []
    assert not list((served.place / project).glob(".incoming*"))
    assert taken(served.send(project, "pixels.png", of_many_pixels())) == (0, {"too-large": 1})


def of_many_pixels() -> bytes:
    """A PNG that says it is 20,000 pixels square, and has some."""
    content = bytearray(png(6))
    at = content.index(b"IHDR") + 4
    content[at : at + 8] = struct.pack(">II", 20_000, 20_000)
    import zlib

    content[at + 13 : at + 17] = struct.pack(">I", zlib.crc32(bytes(content[at - 4 : at + 13])))
    return bytes(content)


def test_a_zip_of_a_hundred_thousand_files_is_refused_with_a_sentence(served, project):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for number in range(100_000):
            packed.writestr(zipfile.ZipInfo(f"{number}.png"), b"")
    answer = served.send(project, "many.zip", content.getvalue())
    assert answer.status == 400 and "at most 20,000 files" in answer.told["error"]
    assert not list((served.place / project).glob(".incoming*"))


@pytest.mark.parametrize("cut", [40, -30])
def test_a_zip_that_is_cut_short_is_a_sentence(served, project, cut):
    answer = served.send(project, "cut.zip", zipped({"1.png": png(7)})[:cut])
    assert answer.status == 400 and "damaged" in answer.told["error"]


def test_what_says_that_it_is_too_large_is_refused(served, project):
    answer = served.send(project, "big.png", b"\x89PNG" + bytes(101 * 2**20))
    assert answer.status == 413 and "100 MB" in answer.told["error"]
    assert not list((served.place / project).glob(".incoming*"))


def test_an_upload_that_is_broken_off_leaves_nothing(served, project):
    import socket

    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(
            f"POST /api/projects/{project}/photos HTTP/1.1\r\nHost: localhost\r\n"
            f"X-Garabato: 1\r\nContent-Length: 9999\r\n\r\nPK\x03\x04".encode()
        )
        wait(lambda: list((served.place / project).glob(".incoming*")), 10)
    wait(lambda: not list((served.place / project).glob(".incoming*")), 10)
    assert files(served, project) == []


def test_pairs_keep_their_sides(served, project):
    served.tell("POST", f"/projects/{project}/pairs", {"pairs": True})
    sent = {f"mine/{side}/{n}.png": png(n) for side in ("A", "B") for n in range(2)}
    assert taken(served.send(project, "pairs.zip", zipped(sent))) == (4, {})
    expected = [f"photos/{side}/{n}.png" for side in ("input", "target") for n in range(2)]
    assert files(served, project) == expected
    answer = served.ask("POST", f"/api/projects/{project}/sketches", {})
    assert answer.status == 400 and "pairs" in answer.told["error"]


def test_a_folder_of_this_machine_is_read_and_left_as_it_is(served, project, tmp_path):
    mine = tmp_path / "mine" / "below"
    mine.mkdir(parents=True)
    for number in range(3):
        (mine / f"{number}.png").write_bytes(png(number))
    (mine / "notes.txt").write_text("x")
    for path in ("relative", str(tmp_path / "nowhere"), str(served.place)):
        answer = served.ask("POST", f"/api/projects/{project}/folder", {"path": path})
        assert answer.status == 400, path
    served.tell("POST", f"/projects/{project}/folder", {"path": str(tmp_path / "mine")})
    told = served.tell("GET", f"/projects/{project}")
    assert told["folder"] == str(tmp_path / "mine") and told["photos"]["count"] == 3
    assert told["photos"]["left_out"] == [{"kind": "not-a-picture", "count": 1}]
    shown = told["photos"]["thumbnails"][0]
    assert served.ask("GET", shown["url"]).status == 200
    taken_out_and_put_back(served, project, shown["id"])
    assert served.send(project, "a.png", png()).status == 400
    assert sorted(p.name for p in mine.iterdir()) == ["0.png", "1.png", "2.png", "notes.txt"]
    vanished = served.tell("POST", "/projects", {"name": "Vanished"})["id"]
    served.tell("POST", f"/projects/{vanished}/folder", {"path": str(mine)})
    (tmp_path / "mine").rename(tmp_path / "moved")
    told = served.tell("GET", f"/projects/{vanished}")["photos"]
    assert "is not there any more" in told["problem"] and told["count"] == 0
    train = served.ask("POST", f"/api/projects/{vanished}/train", {"size": 64, "minutes": 1})
    assert train.status == 400 and "bring it back" in train.told["error"]


def taken_out_and_put_back(served: Studio, project: str, id: str) -> None:
    """What is taken out of somebody's folder is not used any more, and stays in it."""
    served.tell("DELETE", f"/projects/{project}/photos/{id}")
    assert served.ask("DELETE", f"/api/projects/{project}/photos/{id}").status == 400, "not twice"
    told = served.tell("GET", f"/projects/{project}")
    assert (told["photos"]["count"], told["taken_out"]) == (2, 1)
    assert id not in [each["id"] for each in told["photos"]["thumbnails"]]
    command = plans.prepare_all(served.place / project, plans.prepare_options({}), "Mine")
    assert command[-4:] == ["--leave-out", "left-out.txt", "--drawings", "4"]
    assert (served.place / project / "left-out.txt").read_text() == "below/0.png"
    served.tell("POST", f"/projects/{project}/put-back")
    told = served.tell("GET", f"/projects/{project}")
    assert (told["photos"]["count"], told["taken_out"]) == (3, 0)


def test_sketches_of_six_photos_for_each_choice(served, project):
    few = served.ask("POST", f"/api/projects/{project}/sketches", {})
    assert few.status == 400 and "at least 2 photos" in few.told["error"]
    served.send(project, "some.zip", zipped({f"{n}.png": png(n) for n in range(8)}))
    choice = {"style": "outline", "background": "black", "plants": "no"}
    made = served.tell("POST", f"/projects/{project}/sketches", choice)["sketch"]
    assert made == choice | {"sheet": made["sheet"]}
    sheet = Image.open(io.BytesIO(served.ask("GET", made["sheet"]).content))
    assert np.asarray(sheet).std() > 10
    assert served.tell("GET", f"/projects/{project}")["sketches"] == [made]
    again = served.tell("POST", f"/projects/{project}/sketches", choice)["sketch"]
    assert again == made, "it is not made a second time"
    served.send(project, "other.png", png(20))
    assert served.tell("GET", f"/projects/{project}")["sketches"] == []


def test_photos_that_are_nearly_the_same_are_grouped(served, project):
    one = Image.open(io.BytesIO(png(30, 200)))
    lighter, smaller = io.BytesIO(), io.BytesIO()
    one.point(lambda value: min(255, value + 4)).save(lighter, "PNG")
    one.resize((120, 120)).save(smaller, "PNG")
    rng = np.random.default_rng(0)
    other = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(other, "PNG")
    for name, content in (("a", png(30, 200)), ("b", lighter), ("c", smaller), ("d", other)):
        data = content if isinstance(content, bytes) else content.getvalue()
        assert taken(served.send(project, f"{name}.png", data)) == (1, {})
    told = served.tell("GET", f"/projects/{project}")
    ids = [shown["id"] for shown in told["photos"]["thumbnails"]]
    assert [set(group) for group in told["near_duplicates"]] == [set(ids[:3])]


def test_a_crowd_of_equal_looks_is_one_group_at_once():
    flat = look(Image.new("RGB", (64, 64)))
    assert alike.groups({}) == [] and alike.groups({"a": flat}) == []
    many = {str(number): flat for number in range(20_000)}
    [group] = alike.groups(many)
    assert len(group) == 20_000


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    import asyncio
    from collections.abc import AsyncIterator

    from demo.studio import uploads

    monkeypatch.setattr(uploads, "LEAST_ROOM", 2**62)
    (tmp_path / "photos").mkdir()

    async def body() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"\x89PNG" + bytes(2**20)

    with pytest.raises(uploads.Full, match="make room"):
        asyncio.run(uploads.take(tmp_path, "a.png", body()))
    assert [path.name for path in Path(tmp_path).iterdir()] == ["photos"]
