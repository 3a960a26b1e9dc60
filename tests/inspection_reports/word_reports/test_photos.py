"""Photographs used twice are found, and what is no photograph is left alone."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from postloan.inspection_reports.sections import Photo, Reason, read_reports
from postloan.inspection_reports.sections.reused_photos import decorations, near_pairs, reused_photos
from postloan.inspection_reports.word_text.picture_hash import NEAR, hash_picture, near
from postloan.inspection_reports.word_text.unreadable import sentence
from postloan.problem import NOTE

from tests.inspection_reports.word_reports.drawn import p, word
from tests.inspection_reports.word_reports.scenes import ALTERED, dark, logo, paper, saved, scene

SIZE = (640, 480)
FOUND = list(ALTERED)[:9]
EMF = b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + bytes(60)
DAY = date(2014, 6, 1)


def shown(content: bytes) -> int | None:
    return hash_picture(content)[0]


@pytest.mark.parametrize("altered", FOUND)
def test_a_photograph_that_was_altered_a_little_looks_alike(altered):
    for seed in range(4):
        picture = scene(seed, SIZE)
        assert near(shown(saved(picture, quality=90)), shown(ALTERED[altered](picture)))


def test_different_photographs_do_not_look_alike():
    hashes = np.array([shown(saved(scene(seed, (320, 240)))) for seed in range(200)], dtype=np.uint64)
    assert not len(near_pairs(hashes)[0])


def test_a_picture_that_shows_nothing_has_no_hash_and_looks_like_none():
    hashes = [shown(saved(dark(1, SIZE))), shown(saved(dark(2, SIZE))), shown(saved(Image.new("RGB", SIZE, "white"), "PNG"))]
    hashes.append(shown(saved(Image.linear_gradient("L").rotate(90).resize(SIZE), "PNG")))
    assert hashes == [None] * 4 and not near(None, None)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0", EMF, saved(scene(1, SIZE))[:900], b"GIF89a", b"%!PS-Adobe-3.0\n"])
def test_what_cannot_be_drawn_has_no_hash(content):
    assert hash_picture(content) == (None, False)


def test_a_picture_that_unpacks_to_too_much_is_not_unpacked(monkeypatch):
    monkeypatch.setattr("postloan.inspection_reports.word_text.picture_hash.MOST_PIXELS", 640 * 480 - 1)
    assert shown(saved(scene(1, SIZE), "PNG")) is None
    assert shown(saved(scene(1, SIZE), "JPEG")) is not None, "a JPEG is unpacked small"


def test_an_icon_is_no_photograph():
    assert hash_picture(saved(logo((240, 63)), "PNG")) == (None, True)


def test_the_way_the_camera_was_held_does_not_matter():
    picture = scene(5, SIZE)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to the right
    lying = saved(picture.transpose(Image.Transpose.ROTATE_90), exif=exif)
    assert near(shown(lying), shown(saved(picture)))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_kind_are_looked_at(mode):
    picture = scene(3, SIZE).convert("L").convert(mode) if mode in ("LA", "I;16") else scene(3, SIZE).convert(mode)
    is_icon = hash_picture(saved(picture, "TIFF" if mode == "CMYK" else "PNG"))[1]
    assert not is_icon


CHANGES = st.lists(st.tuples(st.integers(0, 11), st.sets(st.integers(0, 63), max_size=7)), max_size=30)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=12), CHANGES)
def test_near_pairs_are_those_found_by_comparing_all(seeds, changes):
    hashes = seeds + [seeds[i % len(seeds)] ^ sum(1 << bit for bit in bits) for i, bits in changes if seeds]
    expected = [(i, j) for i in range(len(hashes)) for j in range(i + 1, len(hashes)) if near(hashes[i], hashes[j])]
    assert list(zip(*near_pairs(np.array(hashes, dtype=np.uint64)), strict=True)) == expected


def test_pairs_are_the_same_however_many_are_compared_at_once(monkeypatch):
    hashes = np.random.default_rng(1).integers(0, 9, 80, dtype=np.uint64)
    whole = near_pairs(hashes)
    monkeypatch.setattr("postloan.inspection_reports.sections.reused_photos.AT_ONCE", 7)
    assert np.array_equal(whole, near_pairs(hashes)) and len(whole[0])


HASH = 0x0F0F_3355_00FF_1234
OWNERS = {
    "A1": ("A", "2014Q1", date(2014, 3, 1)),
    "A2": ("A", "2014Q2", date(2014, 6, 9)),
    "A2b": ("A", "2014Q2", date(2014, 6, 20)),
    "B2": ("B", "2014Q2", date(2014, 6, 10)),
    "C2": ("C", "2014Q2", None),
}


def rows(*photos: Photo, decoration: int = 10, owners=OWNERS) -> list[tuple]:
    return [tuple(row.values()) for row in reused_photos(photos, owners, decoration).to_pylist()]


def test_the_same_bytes_of_two_customers_are_named_once_with_the_earliest():
    found = rows(Photo("C2", "c", "x", None), Photo("B2", "b", "x", HASH), Photo("A2", "a", "x", HASH))
    assert found == [("B2", "b", "x", "A2", "a", True, 0), ("C2", "c", "x", "A2", "a", True, 0)]


def test_a_customers_own_photograph_of_another_quarter_is_reused_and_of_the_same_quarter_is_not():
    assert rows(Photo("A2", "a", "x", None), Photo("A1", "a", "x", None)) == [("A2", "a", "x", "A1", "a", True, 0)]
    assert rows(Photo("A2", "a", "x", HASH), Photo("A2b", "a", "x", HASH), Photo("A2b", "b", "y", HASH)) == []


def test_the_owner_of_the_original_may_show_it_again_after_another_took_it():
    photos = [Photo("A2", "a", "x", None), Photo("B2", "b", "x", None), Photo("A2b", "a", "x", None)]
    assert rows(*photos) == [("B2", "b", "x", "A2", "a", True, 0)]


def test_a_picture_that_looks_alike_is_a_hint_with_its_distance():
    assert rows(Photo("B2", "b", "y", HASH ^ 0b10101), Photo("A2", "a", "x", HASH)) == [("B2", "b", "y", "A2", "a", False, 3)]
    assert rows(Photo("B2", "b", "y", HASH ^ (2 ** (NEAR + 1) - 1)), Photo("A2", "a", "x", HASH)) == []


def test_proof_comes_before_a_hint():
    photos = [Photo("A1", "a", "x", HASH), Photo("A2", "a", "y", HASH ^ 1), Photo("B2", "b", "y", HASH ^ 1)]
    assert rows(*photos) == [("A2", "a", "y", "A1", "a", False, 1), ("B2", "b", "y", "A2", "a", True, 0)]


def test_a_picture_of_too_many_customers_is_decoration_and_can_be_named():
    owners = {f"I{i:02}": (f"C{i}", "2014Q2", DAY) for i in range(11)}
    logos = [Photo(one, "logo", "x", None) for one in owners]
    assert len(rows(*logos[:10], owners=owners)) == 9
    assert rows(*logos, owners=owners) == [] and decorations(logos, owners) == {"x": 11}


@pytest.mark.parametrize("differing", [0, 1])
def test_pictures_that_look_like_too_many_customers_give_no_hint(differing):
    owners = {f"I{i:02}": (f"C{i}", "2014Q2", DAY) for i in range(12)}
    papers = [Photo(one, "form", one, HASH ^ (differing << i)) for i, one in enumerate(owners)]
    assert len(rows(*papers[:5], owners=owners)) == 4
    assert rows(*papers, owners=owners) == []


def test_scans_of_one_form_by_the_hundred_give_no_hint_and_hide_no_other():
    hashes = [HASH ^ (1 << i % 64) ^ (1 << i // 64) for i in range(400)] + [7, 7 << 20, 6]
    owners = {f"I{i:03}": (f"C{i}", "2014Q2", DAY) for i in range(len(hashes))}
    photos = [Photo(one, "p", one, value) for one, value in zip(owners, hashes, strict=True)]
    assert rows(*photos, owners=owners) == [("I402", "p", "I402", "I400", "p", False, 1)]


def test_no_photographs_give_an_empty_table_and_an_unknown_inspection_is_an_error():
    assert reused_photos([], {}).num_rows == 0 and reused_photos([Photo("A1", "a", "x", 1)], OWNERS).column_names[-1] == "distance"
    with pytest.raises(KeyError):
        reused_photos([Photo("Z9", "a", "x", None)], OWNERS)


def report(*pictures: bytes, text: str = "正常", **parts: bytes) -> bytes:
    media = {f"word/media/image{i}.jpeg": picture for i, picture in enumerate(pictures)}
    return word(p("一、检查结论") if text else "", p(text), parts=media | parts)


def test_one_pass_over_the_reports_finds_what_was_used_twice(tmp_path):
    yard, hall, stamp = scene(1, SIZE), scene(2, SIZE), saved(logo(), "PNG")
    (tmp_path / "form.docx").write_bytes(report(stamp, text="请写明检查结论"))
    (tmp_path / "a.docx").write_bytes(report(stamp, saved(yard), saved(hall), saved(dark(1, SIZE)), EMF))
    smaller = saved(yard.resize((400, 300)), quality=70)
    (tmp_path / "b.docx").write_bytes(report(saved(dark(2, SIZE)), smaller, saved(hall), EMF, saved(logo(), quality=90)))
    read = read_reports(tmp_path, {"A2": "a.docx", "B2": "b.docx"}, tmp_path / "form.docx")
    assert not read.problems and len(read.rows) == 2 and len(read.photos) == 8, "the form's logo is out, saved again or not"
    found = reused_photos(read.photos, OWNERS).select(["inspection_id", "name", "other_inspection_id", "other_name", "exact"]).to_pylist()
    names = [(row["name"][-11:], row["other_name"][-11:], row["exact"]) for row in found]
    assert names == [("image1.jpeg", "image1.jpeg", False), ("image2.jpeg", "image2.jpeg", True), ("image3.jpeg", "image4.jpeg", True)]
    assert {(row["inspection_id"], row["other_inspection_id"]) for row in found} == {("B2", "A2")}


def test_the_letterhead_is_no_photograph(tmp_path):
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://x/image" Target="media/image0.jpeg"/></Relationships>'
    )
    parts = {"word/_rels/header2.xml.rels": rels.encode()}
    (tmp_path / "a.docx").write_bytes(report(saved(scene(1, SIZE)), saved(scene(2, SIZE)), **parts))
    assert [photo.name for photo in read_reports(tmp_path, {"I1": "a.docx"}).photos] == ["word/media/image1.jpeg"]


def test_a_damaged_picture_is_a_note_and_the_rest_is_read(tmp_path):
    package = bytearray(report(*(saved(scene(seed, SIZE)) for seed in (1, 2))))
    package[package.index(b"word/media/image0.jpeg") + 2_000] ^= 0xFF
    (tmp_path / "a.docx").write_bytes(package)
    read = read_reports(tmp_path, {"I1": "a.docx"})
    [problem] = read.problems
    assert (problem.check, problem.consequence, problem.file) == ("unreadable_photo", NOTE, "a.docx") and "image0.jpeg" in problem.says
    assert len(read.rows) == 1 and [photo.name for photo in read.photos] == ["word/media/image1.jpeg"]


def test_a_report_of_pictures_only_has_no_text_but_its_pictures_are_compared(tmp_path):
    (tmp_path / "a.docx").write_bytes(report(saved(paper(1)), text=""))
    read = read_reports(tmp_path, {"I1": "a.docx"})
    [problem] = read.problems
    assert problem.says.endswith(sentence(Reason.PICTURES_ONLY)) and len(read.photos) == 1 and read.rows == []


def test_a_file_that_stands_for_two_inspections_is_reused_by_the_later(tmp_path):
    (tmp_path / "a.docx").write_bytes(report(saved(scene(1, SIZE))))
    read = read_reports(tmp_path, {"B2": "a.docx", "A2": "a.docx"})
    assert reused_photos(read.photos, OWNERS)["inspection_id"].to_pylist() == ["B2"]
